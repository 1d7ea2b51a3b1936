"""Write docs/measured/score.md from the files in docs/score, which the commands named there have made.

The text is that of tools/score_page.txt; the tables are made from the files.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from conformance.faults.keras import KERAS_FAULTS  # noqa: E402
from conformance.implementations.numpy_loop import NumpyLoop  # noqa: E402
from conformance.properties import all_properties  # noqa: E402
from conformance.score.record import CAUGHT, Score, read_score  # noqa: E402
from conformance.score.tables import markdown_lines, verdict_line  # noqa: E402

SCORES = ROOT / "docs" / "measured" / "score"
PAGE = ROOT / "docs" / "measured" / "score.md"

#: Why a property stays that catches nothing which no other catches. Where states are hidden, as
#: those of a user's function are, there is no check step by step, and these say what is wrong.
HIDDEN = "says what is wrong where the states are hidden, as a user's function hides them"
NUMBERS = "the notebook's statement by itself; other properties imply it where states are visible"
REASONS = {
    "test_a_network_that_is_reset_begins_anew": "says it of a reset, which the options meet by chance",
    "test_a_stateful_network_goes_on_where_it_was": "calls of other lengths, beyond the options' same one",
    "test_repeating_a_call_gives_the_same_bits": "the only one that compares bits of two calls",
    "test_stated_shapes_equal_the_equations": "what is stated before anything is computed",
    "test_sums_that_are_too_large_become_infinite": "overflow, which is rare among other inputs",
    "test_a_fresh_network_of_every_dtype_can_be_built": "the only one asked of fresh 16-bit networks",
    "test_any_activation_where_only_the_end_is_seen": HIDDEN,
    "test_any_options_together_equal_the_recurrence": "what meets all options at once",
    "test_arrays_have_the_stated_shape_and_dtype": "a wrong shape also fails where numbers are read",
    "test_compositions_equal_the_recurrence": "of Keras's wrappers, which NumPy has not",
    "test_stateful_compositions_go_on_where_they_were": "of Keras's wrappers, which NumPy has not",
    "test_stateful_compositions_that_are_reset_begin_anew": "of Keras's wrappers, which NumPy has not",
    "test_every_activation_equals_its_definition": "finds first what the options meet by chance",
    "test_every_step_equals_the_recurrence": "the main statement; exact sums and options imply much",
    "test_exact_sums_leave_only_the_activation": "the sharpest bound there is",
    "test_fresh_biases_are_zero": "says it of biases alone",
    "test_initial_state_is_zero": HIDDEN,
    "test_last_output_equals_the_recurrence": HIDDEN,
    "test_masked_steps_may_hold_anything": "NaN in a masked step, whatever the rows of options are",
    "test_modes_agree_on_one_network": "of several modes, which NumPy has not",
    "test_nan_reaches_the_end": HIDDEN,
    "test_padding_after_the_end_changes_nothing": "padding of any length, beyond that of the options",
    "test_permuting_the_batch_permutes_the_output": HIDDEN,
    "test_permuting_the_hidden_units_changes_nothing": HIDDEN,
    "test_predict_in_batches_equals_all_at_once": "of predict, which NumPy has not",
    "test_repeating_the_batch_repeats_the_output": HIDDEN,
    "test_splitting_the_batch_splits_the_output": HIDDEN,
    "test_state_is_carried_over_the_batches_of_predict": "of predict, which NumPy has not",
    "test_summary_prints_shapes_and_counts": "of Keras's summary(), which NumPy has not",
    "test_the_future_does_not_change_the_past": "says of time what single steps say of each step",
    "test_the_sign_of_zero_does_not_matter": "zeros of both signs, which are rare among other inputs",
    "test_zero_weights_leave_the_dense_bias": HIDDEN,
}


#: In place of a table that is still to be made.
NOT_RUN = ["Not run yet."]
OF_KERAS = "of what Keras has and NumPy has not"


def reason(name: str) -> str:
    """Why a property stays that catches nothing alone, as far as somebody has said it."""
    asked = all_properties()[name].needs <= NumpyLoop().capabilities
    return REASONS.get(name, "" if asked else OF_KERAS)


def score_lines(path: Path) -> list[str]:
    """The tables of a score, with the command that made it."""
    if not path.exists():
        return NOT_RUN
    score = read_score(path)
    command = f"rnn-conformance score --implementation {score.implementation}"
    if score.trials and score.trials[0].kind == "control":
        command += " --controls"
    if score.profile != "default":
        command += f" --conformance-profile {score.profile}"
    return markdown_lines(Score(**{**vars(score), "everything": False}), command)


def property_lines(score: Score) -> list[str]:
    """Each property: how many faults it catches, which only it catches, or why it stays."""
    caught = [trial for trial in score.trials if trial.verdict == CAUGHT]
    lines = ["| property | catches | only it catches |", "|---|---|---|"]
    for name in sorted(all_properties()):
        of_it = [trial for trial in caught if name in (trial.caught_by or ())]
        only = ", ".join(f"`{t.name}`" for t in of_it if t.caught_by == [name])
        lines.append(f"| `{name}` | {len(of_it)} | {only or reason(name)} |")
    return lines


def without_reason(score: Score) -> list[str]:
    """Properties that catch nothing alone and for which nobody has said why they stay."""
    alone = {t.caught_by[0] for t in score.trials if t.caught_by and len(t.caught_by) == 1}
    return sorted(name for name in set(all_properties()) - alone if not reason(name))


def own_lines(found: dict[str, Any], ours: Score) -> list[str]:
    """By group: faults that Keras's own tests ran with, noticed by them and by this suite."""
    by_us = {trial.name for trial in ours.trials if trial.verdict == CAUGHT}
    names = [name for name in found if name in KERAS_FAULTS]
    lines = ["| group | faults | Keras's own tests | this suite |", "|---|---|---|---|"]
    groups = sorted({KERAS_FAULTS[name].group for name in names})
    for group in [*groups, "all"]:
        some = [n for n in names if group in ("all", KERAS_FAULTS[n].group)]
        theirs = sum(bool(found[name]["failed"]) for name in some)
        lines.append(f"| {group} | {len(some)} | {theirs} | {len(by_us & set(some))} |")
    return lines


def first_score_lines(path: Path) -> list[str]:
    """What became of the faults that were written last, at their first score."""
    score = read_score(path)
    lines = [f"{verdict_line(score.trials)}.", "", "| fault | first score |", "|---|---|"]
    for trial in score.trials:
        by = f"{trial.verdict}: {trial.sentence}" if trial.sentence else trial.verdict
        lines.append(f"| {trial.description} | {by} |")
    return lines


def page() -> str:
    """The whole page."""
    text = (ROOT / "tools" / "score_page.txt").read_text(encoding="utf-8")
    ours = read_score(SCORES / "keras.json")
    everything = read_score(SCORES / "numpy_all.json")
    for name in without_reason(everything):
        raise SystemExit(f"{name} catches nothing alone: say in REASONS why it stays")
    own = SCORES / "own.json"
    parts = {
        "KERAS": score_lines(SCORES / "keras.json"),
        "TF27": score_lines(SCORES / "keras_tf27.json"),
        "NUMPY": score_lines(SCORES / "numpy.json"),
        "CONTROLS": score_lines(SCORES / "controls.json"),
        "FIRST": first_score_lines(SCORES / "first.json"),
        "PROPERTIES": property_lines(everything),
        "OWN": own_lines(json.loads(own.read_text("utf-8")), ours) if own.exists() else NOT_RUN,
    }
    for name, lines in parts.items():
        text = text.replace(f"{{{name}}}", "\n".join(lines))
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
