"""Which options come together: every two in a default run, every three in a thorough one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from conformance.cells import CELLS
from conformance.checking.drawing import networks_of_a_mode
from strategies import Options
from strategies.covering import covering_array
from strategies.masking import MASKS
from strategies.options import CROSSED_ACTIVATIONS, crossed, factors, options_of_cell
from strategies.profiles import PROFILES
from strategies.wrappers import PARTS, architecture_of, architectures, possible

#: As of Keras 3 and Keras 2 on TensorFlow.
KERAS_3 = tuple(name for name in Options._fields if name != "time_major")
MODES = ("call", "predict", "predict_on_batch", "graph", "xla")
RUNS = {
    "Keras 3": dict.fromkeys(MODES, KERAS_3),
    "Keras 2": {m: KERAS_3 if m.startswith("predict") else Options._fields for m in MODES},
}


def of_cell(cell, modes):
    """What a run with this cell crosses: options of each mode, and activations."""
    arguments = {argument: CROSSED_ACTIVATIONS[argument][:3] for argument, _ in cell.activations}
    return {mode: options_of_cell(cell, names) for mode, names in modes.items()}, arguments


def rows_of(cell, modes, profile, seed):
    """The options of all networks of a run, with mode and activations, as they are drawn."""
    number = networks_of_a_mode(PROFILES[profile])
    modes, activations = of_cell(cell, modes)
    return [
        {**_chosen(cell, options), **names, "mode": mode}
        for mode, chosen in crossed(number, modes, seed, activations).items()
        for options, names in chosen
    ]


def _chosen(cell, options):
    """What is drawn; every network of a covering array shows what the layer returned."""
    drawn = options._asdict()
    assert drawn.pop("shows_hidden")
    return {name: drawn[name] for name in options_of_cell(cell, tuple(drawn))}


def combinations(rows, strength):
    return {
        tuple((name, row[name]) for name in names)
        for row in rows
        for names in itertools.combinations(rows[0], strength)
    }


def wanted(cell, modes, strength):
    """Every combination that a run can have; ``time_major`` is not in every mode."""
    everything = factors(options_of_cell(cell, Options._fields))
    values = {**everything, **of_cell(cell, modes)[1], "mode": tuple(modes)}
    with_time_major = [mode for mode, names in modes.items() if "time_major" in names]
    found = set()
    for names in itertools.combinations(values, strength):
        for chosen in itertools.product(*(values[name] for name in names)):
            row = dict(zip(names, chosen))
            possible_modes = with_time_major if row.get("time_major") else list(modes)
            if possible_modes and row.get("mode", possible_modes[0]) in possible_modes:
                found.add(tuple(row.items()))
    return found


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("modes", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_a_default_run_has_every_two_options_together(cell, modes, seed):
    assert wanted(cell, modes, 2) <= combinations(rows_of(cell, modes, "default", seed), 2)


@pytest.mark.parametrize("modes", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_a_thorough_run_has_every_three_options_together(cell, modes):
    assert wanted(cell, modes, 3) <= combinations(rows_of(cell, modes, "thorough", 1), 3)


def test_options_that_a_mode_does_not_have_keep_their_default():
    rows = crossed(20, {"call": ("unroll",), "predict": ()}, 1, {"activation": ("tanh",)})
    assert {options.unroll for options, _ in rows["call"]} == {False, True}
    assert {options for options, _ in rows["predict"]} == {Options(shows_hidden=True)}


def test_options_are_drawn_again_from_the_same_seed():
    modes, activations = of_cell(CELLS["gru"], RUNS["Keras 3"])
    assert crossed(8, modes, 5, activations) == crossed(8, modes, 5, activations)
    assert crossed(8, modes, 5, activations) != crossed(8, modes, 6, activations)


def test_options_are_written_as_those_that_differ():
    assert repr(Options(unroll=True, mask="holes")) == "Options(unroll=True, mask='holes')"
    assert repr(Options()) == "Options()"


def test_rows_have_all_pairs_where_there_are_enough_of_them():
    values = {"a": (0, 1), "b": (0, 1, 2), "c": "xyz", "d": (False, True)}
    rows = covering_array(values, 14, seed=1)
    assert len(rows) == 14
    for a, b in itertools.combinations(values, 2):
        assert {(r[a], r[b]) for r in rows} == set(itertools.product(values[a], values[b]))


def test_values_of_a_balanced_factor_take_turns():
    rows = covering_array({"a": (0, 1), "m": "xyz"}, 7, seed=1, balanced="m")
    assert [row["m"] for row in rows] == list("xyzxyzx")


def test_impossible_rows_do_not_occur():
    def without_both(row):
        return {**row, "b": 0} if row["a"] else row

    rows = covering_array({"a": (0, 1), "b": (0, 1), "c": (0, 1)}, 12, 1, without_both)
    assert not any(row["a"] and row["b"] for row in rows)
    assert {(row["a"], row["b"]) for row in rows} == {(0, 0), (0, 1), (1, 0)}


def test_architectures_of_a_default_run_have_every_possible_pair_of_parts():
    found = architectures(PROFILES["default"].networks * len(MODES), 1)
    had = {
        ((a, getattr(one, a)), (b, getattr(one, b)))
        for one in found
        for a, b in itertools.combinations(PARTS, 2)
    }
    everything = itertools.product(*PARTS.values())
    can = set()
    for values in everything:
        one = architecture_of(possible(dict(zip(PARTS, values))))
        can |= {
            ((a, getattr(one, a)), (b, getattr(one, b)))
            for a, b in itertools.combinations(PARTS, 2)
        }
    assert can <= had


def test_no_architecture_is_impossible():
    for one in architectures(200, 3):
        assert architecture_of(possible(one._asdict())) == one


@pytest.mark.parametrize("kind", MASKS)
def test_a_mask_is_what_its_name_says(kind):
    rng = np.random.default_rng(1)
    for N, T in ((1, 1), (5, 7), (8, 2)):
        mask = MASKS[kind](rng, N, T)
        assert mask.shape == (N, T)
        assert mask.dtype == bool
        if kind == "right_padded":
            assert (mask[:, :-1] >= mask[:, 1:]).all()
            assert mask[:, 0].all()
        if kind == "left_padded":
            assert (mask[:, :-1] <= mask[:, 1:]).all()
            assert mask[:, -1].all()
        if kind == "one_sample":
            assert (~mask).all(axis=1).any()
        if kind == "everything":
            assert not mask.any()
        if kind == "first_step":
            assert not mask[:, 0].any()
            assert mask[:, 1:].all()
