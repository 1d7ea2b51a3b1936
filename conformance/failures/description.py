"""The description of a failure in at most fifteen lines."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Callable, Optional

import numpy as np

from conformance.checking.property import Property
from conformance.checking.results import Failure
from conformance.checking.subject import Subject
from conformance.expected.comparison import Comparison
from conformance.failures.of_answers import script
from conformance.failures.script import Script
from conformance.faults import Fault, explaining_fault
from conformance.implementations.protocol import in_words
from conformance.running.text import kind_and_message, one_line, several_lines
from conformance.running.writing import FileError
from strategies import Case, Dimensions

#: A longer sentence about the failure is cut.
LONGEST = 400


@dataclass(frozen=True)
class FailureReport:
    """The description of a failure as plain values, which can be sent between processes.

    ``text`` is all of it in lines, ``script`` the text of the script that was written to
    ``script_path`` (None where there is none), ``command`` runs exactly this again, ``fault`` is
    the fault of the catalogue whose numbers these are, and ``size`` N, T, D, M, K.
    """

    text: str
    command: str
    script: Optional[str]
    script_path: Optional[str]
    fault: Optional[str]
    size: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Plain values only."""
        return asdict(self)


def describe_failure(
    prop: Property, subject: Subject, failure: Failure, command: str
) -> FailureReport:
    """Describe a failure for the user. ``command`` runs the failing test again.

    A part that cannot be described says so in its place: no failure is lost for it.
    """
    comparison, case = failure.error.comparison, failure.drawn.get("case")
    fault: Optional[Fault] = None
    shown: Optional[Script] = None
    path: Optional[str] = None

    def where() -> list[str]:
        return [] if comparison is None else _where(comparison, subject)

    def explanation() -> list[str]:
        nonlocal fault
        if comparison is not None and case is not None:
            fault = explaining_fault(case, comparison)
        return [] if fault is None else [f"  the numbers are those of: {fault.sentence}"]

    def reproduction() -> list[str]:
        nonlocal shown, path
        shown = script(prop, subject, failure)
        if shown is None:
            return []
        try:
            path = shown.write(prop, subject).as_posix()
        except FileError as error:
            return [f"script: {error}"]
        return [f"script: {path} ({shown.needs})"]

    lines = [
        f"FAILS: {subject.titled(prop.sentence)}",
        *_lines_of("what was tested", lambda: [_tested(subject)]),
        *_lines_of("the case", lambda: _drawn(failure)),
        f"found: {_in_one_line(failure.error.sentence)}",
        *_lines_of("where it fails", where),
        *_lines_of("the fault", explanation),
        *_lines_of("script", reproduction),
        f"again: {command}",
    ]
    return FailureReport(
        text="\n".join(map(one_line, lines)),
        command=one_line(command),
        script=several_lines(shown.text) if shown is not None else None,
        script_path=path,
        fault=fault.name if fault is not None else None,
        size={} if case is None else {letter: getattr(case, letter) for letter in "NTDMK"},
    )


def _lines_of(part: str, describe: Callable[[], list[str]]) -> list[str]:
    """The lines of one part of a description, or why there are none."""
    try:
        return describe()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever the thing under test may raise, if it is asked again
        return [f"{part}: cannot be told: {kind_and_message(error)}"]


def _tested(subject: Subject) -> str:
    parts = (
        subject.implementation.name,
        subject.mode and f"mode {subject.mode}",
        subject.dtype,
        in_words(subject.implementation.versions()),
    )
    return " · ".join(filter(None, parts))


def _in_one_line(sentence: str) -> str:
    """The sentence in one line. A long one is cut, and its length is given."""
    line = " ".join(sentence.split())
    if len(line) <= LONGEST:
        return line
    return f"{line[:LONGEST]}… ({len(line)} characters)"


def _drawn(failure: Failure) -> list[str]:
    lines = []
    for name, value in failure.drawn.items():
        if isinstance(value, Dimensions):  # of a network that is built, for any N and T
            fixed = f" T={value.T} (fixed when built)" if value.static_time else ""
            lines.append(f"network: D={value.D} M={value.M} K={value.K}{fixed}")
            continue
        if not isinstance(value, Case):
            lines.append(f"{name}: {value}")
            continue
        dims = value.dimensions
        fixed = " (fixed when built)" if dims.static_time else ""
        lines.append(
            f"case: N={dims.N} T={dims.T}{fixed} D={dims.D} M={dims.M} K={dims.K}{_options(value)}"
        )
        tensors = [f"{name}={_short(tensor)}" for name, tensor in value.tensors.items()]
        lines += [f"  {text}" for text in (", ".join(tensors[:3]), ", ".join(tensors[3:]))]
        beside = [] if value.mask is None else [f"mask={_short(value.mask)}"]
        states = zip(value.cell.states, value.initial_states)
        beside += [f"initial {name}={_short(state)}" for name, state in states]
        lines += [f"  {', '.join(beside)}"] if beside else []
    return lines


def _options(case: Case) -> str:
    """The options that differ from the defaults."""
    defaults = {**dict(case.cell.activations), "dense_activation": "linear"}
    chosen = {
        name: getattr(case, name)
        for name, default in defaults.items()
        if getattr(case, name) != default
    }
    if not case.options.plain:
        chosen.update(case.options.chosen)
        chosen.pop("shows_hidden", None)
    return "".join(f" {name}={value}" for name, value in chosen.items())


def _short(tensor: np.ndarray) -> str:
    """The entries, or the shape of a large tensor."""
    if tensor.size > 6:
        return "×".join(map(str, tensor.shape)) + " entries"
    with np.printoptions(floatmode="unique"):
        return "".join(np.array2string(tensor, separator=",").split()).replace(",", ", ")


def _where(comparison: Comparison, subject: Subject) -> list[str]:
    index = comparison.first_outside
    assert index is not None
    place = ", ".join(f"{axis} {i}" for axis, i in zip(comparison.axes, index))
    got, expected = float(comparison.got[index]), float(comparison.expected[index])
    bound, error = float(comparison.bound[index]), float(comparison.error[index])
    # Where 0 was expected, its own last place would say nothing.
    ulps = error / float(subject.arithmetic.storage.ulp(np.array(expected or got)))
    outside = int((~(comparison.error <= comparison.bound)).sum())
    lines = [
        f"first outside: {place} ({outside} of {comparison.got.size} elements are)",
        f"  got {got:.9g}, expected {expected:.9g}",
        f"  difference {error:.3g} = {ulps:.3g} ulp; rounding explains {bound:.3g}"
        if np.isfinite(error)
        else "  one of the two is not a finite number; rounding does not explain that",
    ]
    before = _worst_before(comparison, index)
    if before is not None:
        lines.append(f"  earlier steps used at most {before:.2f} of their bound")
    return lines


def _worst_before(comparison: Comparison, index: tuple[int, ...]) -> Optional[float]:
    """The largest share of the steps before the first one outside."""
    if "step" not in comparison.axes or index[1] == 0:
        return None
    return float(comparison.shares[:, : index[1]].max())
