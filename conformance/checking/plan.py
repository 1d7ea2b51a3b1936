"""What a run asks: each property on each of its subjects, in parts."""

from __future__ import annotations

from typing import Callable, Iterable, Optional, Sequence

from conformance.checking.property import Property
from conformance.checking.subject import Run, Subject
from conformance.implementations.protocol import Implementation


def subjects_of(
    found: Property,
    implementation: Implementation,
    run: Run,
    modes: tuple[str, ...],
    dtypes: Sequence[str],
) -> list[Subject]:
    """The subjects that a property is checked on, whole."""
    # One that applies to none of the dtypes is reported as such, once.
    chosen = [dtype for dtype in dtypes if found.applies_to(dtype)] or dtypes[:1]
    in_modes: Sequence[Optional[str]] = modes if found.per_mode else (None,)
    return [
        Subject(implementation, mode, dtype, run, modes) for dtype in chosen for mode in in_modes
    ]


def whole_tests(
    properties: Iterable[Property],
    implementation: Implementation,
    run: Run,
    divide: Callable[[Property, Iterable[Subject]], Iterable[Subject]] = lambda _, wholes: wholes,
) -> set[str]:
    """The tests that there are for an implementation in all its modes and dtypes."""
    modes, dtypes = tuple(implementation.modes), implementation.dtypes
    return {
        name_of_test(found, subject)
        for found in properties
        for subject in divide(found, subjects_of(found, implementation, run, modes, dtypes))
    }


def in_parts(found: Property, wholes: Iterable[Subject]) -> list[Subject]:
    """The subjects again, each divided into the parts that its cases are asked in."""
    return [whole.only(part) for whole in wholes for part in found.parts(whole)]


def name_of_test(found: Property, subject: Subject) -> str:
    """What pytest calls the test, which writes in ASCII."""
    return f"{found.name}[{subject.test_id}]".encode("unicode_escape").decode("ascii")
