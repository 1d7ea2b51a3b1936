"""A failure in at most fifteen lines: what, where, by how much, why, and how to see it again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Optional

import numpy as np

from conformance.checking.property import Property
from conformance.checking.results import Failure
from conformance.checking.subject import Subject
from conformance.expected.comparison import Comparison
from conformance.failures.of_calls import script
from conformance.failures.script import Script
from conformance.faults import Fault, explaining_fault
from conformance.implementations.protocol import in_words
from conformance.running.errors import text_of, with_place
from strategies import Case, Dimensions
from strategies.textures import Tensors

#: So many signs of what was found are printed.
LONGEST = 400


@dataclass(frozen=True)
class FailureReport:
    """What is told of a failure; plain values only, so that it can be sent and filed.

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
    found: Property, subject: Subject, failure: Failure, command: str
) -> FailureReport:
    """What a user reads when a property fails; ``command`` runs exactly this again.

    It never raises: what cannot be told is left out, the failure is not.
    """
    try:
        return _described(found, subject, failure, command)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever is asked again for it may raise
        lines = [
            f"FAILS: {found.sentence}",
            f"{subject.id}",
            f"found: {_in_one_line(text_of(failure.error.sentence))}",
            f"this failure cannot be described further: {with_place(error)}",
            f"again: {command}",
        ]
        return FailureReport("\n".join(lines), command, None, None, None, {})


def _described(found: Property, subject: Subject, failure: Failure, command: str) -> FailureReport:
    error, comparison, case = failure.error, failure.error.comparison, failure.drawn.get("case")
    tested = (
        subject.implementation.name,
        subject.mode and f"mode {subject.mode}",
        subject.dtype,
        in_words(subject.implementation.versions()),
    )
    lines = [
        f"FAILS: {found.sentence}",
        " · ".join(filter(None, tested)),
        *_drawn(failure),
        f"found: {_in_one_line(error.sentence)}",
    ]
    fault: Optional[Fault] = None
    if comparison is not None:
        lines += _where(comparison, subject)
        fault = None if case is None else explaining_fault(case, comparison)
        if fault is not None:
            lines.append(f"  the numbers are those of: {fault.description}")
    shown, path = _script(found, subject, failure, lines)
    lines.append(f"again: {command}")
    return FailureReport(
        text="\n".join(lines),
        command=command,
        script=shown.text if shown is not None else None,
        script_path=path,
        fault=fault.name if fault is not None else None,
        size={} if case is None else {letter: getattr(case, letter) for letter in "NTDMK"},
    )


def _script(
    found: Property, subject: Subject, failure: Failure, lines: list[str]
) -> tuple[Optional[Script], Optional[str]]:
    """The script and where it is, each None where it is not; says so in ``lines``."""
    try:
        shown = script(found, subject, failure)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # it is tried out, with what is tested
        lines.append(f"script: none, because it raised {with_place(error)}")
        return None, None
    if shown is None:
        return None, None
    try:
        path = shown.write(found, subject).as_posix()
    except OSError as error:
        lines.append(f"script: cannot be written: {error.strerror or error} ({shown.needs})")
        return shown, None
    lines.append(f"script: {path} ({shown.needs})")
    return shown, path


def _in_one_line(sentence: str) -> str:
    """Arrays are printed over several lines; a long sentence is cut, and says so."""
    line = " ".join(sentence.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}… ({len(line)} signs)"


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
        tensors = [f"{n}={_short(getattr(value, n))}" for n in Tensors._fields]
        lines += [f"  {text}" for text in (", ".join(tensors[:3]), ", ".join(tensors[3:]))]
        given = {n: getattr(value, n) for n in ("mask", "initial_state")}
        chosen = [f"{n}={_short(a)}" for n, a in given.items() if a is not None]
        lines += [f"  {', '.join(chosen)}"] if chosen else []
    return lines


def _options(case: Case) -> str:
    """What is not as in the plain network."""
    network = case.dimensions.network
    defaults = type(network)._field_defaults
    chosen = {
        name: getattr(case, name)
        for name in ("activation", "dense_activation")
        if getattr(case, name) != defaults[name]
    }
    if case.options is not None:
        chosen.update(case.options.chosen)
    return "".join(f" {name}={value}" for name, value in chosen.items())


def _short(tensor: np.ndarray) -> str:
    """The entries, or the shape where there are too many to read."""
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
