"""A score as text: a line for each trial, and tables by group, also in Markdown."""

from __future__ import annotations

import statistics
from typing import Iterable, NamedTuple

from conformance.score.record import ALARM, BROKEN, CAUGHT, CLEAN, MISSED, Score, Trial


class Row(NamedTuple):
    """A group: how many trials, how many of them good, and the seconds that these took."""

    group: str
    trials: int
    good: int
    median: float
    longest: float
    median_cpu: float


def trial_line(trial: Trial) -> str:
    """The outcome of one trial in one line."""
    spent = f"{trial.cases} cases, {trial.seconds:.1f} s, {trial.cpu_seconds:.1f} s CPU"
    tried = f"{trial.verdict:7s} {trial.name} ({trial.group})"
    if trial.verdict == BROKEN:
        return f"{tried}: {trial.reason}"
    if trial.verdict in (MISSED, CLEAN):
        return f"{tried}: {spent}"
    where = ", ".join(filter(None, (trial.mode, trial.dtype)))
    also = ""
    if trial.caught_by is not None:
        also = f"; {len(trial.caught_by)} properties"
    return f"{tried}: {trial.sentence} ({where}); {spent}{also}"


def rows(trials: Iterable[Trial]) -> list[Row]:
    """A row for each group in alphabetical order, and one for all."""
    listed = list(trials)
    groups = sorted({trial.group for trial in listed})
    of_groups = [_row(name, [t for t in listed if t.group == name]) for name in groups]
    return [*of_groups, _row("all", listed)] if len(groups) > 1 else of_groups


def _row(group: str, trials: list[Trial]) -> Row:
    good = [trial for trial in trials if trial.good]
    seconds = [trial.seconds for trial in good] or [0.0]
    cpu = [trial.cpu_seconds for trial in good] or [0.0]
    return Row(
        group, len(trials), len(good), statistics.median(seconds), max(seconds),
        statistics.median(cpu),
    )  # fmt: skip


def table_lines(trials: Iterable[Trial]) -> list[str]:
    """Faults by group, then controls, then every trial that went wrong."""
    listed = list(trials)
    faults = [trial for trial in listed if trial.kind == "fault"]
    controls = [trial for trial in listed if trial.kind == "control"]
    lines = []
    for title, word, some in (("faults", "caught", faults), ("controls", "clean", controls)):
        if some:
            columns = f"{word:>8}{'median s':>10}{'longest s':>11}{'median CPU s':>14}"
            lines += ["", f"{'group':18s}{title:>9}{columns}"]
            lines += [
                f"{r.group:18s}{r.trials:9d}{r.good:8d}{r.median:10.1f}{r.longest:11.1f}"
                f"{r.median_cpu:14.1f}"
                for r in rows(some)
            ]
    lines += ["", *_bad(listed)]
    return [*lines, verdict_line(listed)]


def _bad(trials: list[Trial]) -> list[str]:
    return [
        f"{trial.verdict}: {trial.name}, {trial.description}"
        + (f" ({trial.reason})" if trial.reason else "")
        for trial in trials
        if not trial.good
    ]


def verdict_line(trials: Iterable[Trial]) -> str:
    """The totals in one line."""
    listed = list(trials)
    faults, controls = (
        [trial for trial in listed if trial.kind == kind] for kind in ("fault", "control")
    )
    parts = []
    if faults:
        parts.append(f"{sum(t.good for t in faults)} of {len(faults)} faults caught")
    if controls:
        parts.append(f"{sum(t.good for t in controls)} of {len(controls)} controls clean")
    return ", ".join(parts) or "nothing was run"


def markdown_lines(score: Score, command: str) -> list[str]:
    """The tables in Markdown, with the environment and the command that makes them."""
    versions = ", ".join(f"{name} {version}" for name, version in score.versions.items())
    lines = [
        f"`{score.implementation}`: {versions}, Python {score.python}, {score.started[:10]}, "
        f"profile {score.profile}, seed {score.seed}:",
        "",
        f"    {command}",
        "",
        f"{verdict_line(score.trials)}.",
    ]
    for kind, title, word in (("fault", "faults", "caught"), ("control", "controls", "clean")):
        some = [trial for trial in score.trials if trial.kind == kind]
        if some:
            lines += ["", f"| group | {title} | {word} | median s | longest s | median CPU s |",
                      "|---|---|---|---|---|---|"]  # fmt: skip
            lines += [
                f"| {r.group} | {r.trials} | {r.good} | {r.median:.1f} | {r.longest:.1f} "
                f"| {r.median_cpu:.1f} |"
                for r in rows(some)
            ]
    bad = [trial for trial in score.trials if not trial.good]
    if bad:
        lines += ["", *(f"- {line}" for line in _bad(bad))]
    if score.everything:
        lines += ["", *unique_lines(score.trials)]
    return lines


def unique_lines(trials: Iterable[Trial]) -> list[str]:
    """For each property, the faults that no other property catches."""
    caught = [trial for trial in trials if trial.verdict == CAUGHT and trial.caught_by]
    lines = ["| property | catches | what only it catches |", "|---|---|---|"]
    for name in sorted({name for trial in caught for name in trial.caught_by or ()}):
        of_it = [trial for trial in caught if name in (trial.caught_by or ())]
        only = ", ".join(f"`{trial.name}`" for trial in of_it if trial.caught_by == [name])
        lines.append(f"| `{name}` | {len(of_it)} | {only} |")
    return lines


__all__ = ["ALARM", "Row", "markdown_lines", "rows", "table_lines", "trial_line", "unique_lines"]
