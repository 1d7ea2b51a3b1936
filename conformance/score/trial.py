"""One fault or control against the suite, in this process: ``python -m conformance.score.trial``.

It is started by `conformance.score.processes` with its question as JSON, and prints its answer as
the last line.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from dataclasses import asdict, dataclass
from typing import Optional

from hypothesis import settings

from conformance.checking import search as searching
from conformance.checking.check import check
from conformance.checking.results import FAILS, Result
from conformance.checking.run import Run
from conformance.checking.subject import Subject
from conformance.faults import FAULTS, FaultyKeras, seeded_fault
from conformance.faults.numpy.controls import CONTROLS, Controlled
from conformance.implementations import load_implementation
from conformance.implementations.numpy_loop import NumpyLoop
from conformance.implementations.protocol import Implementation
from conformance.properties import all_properties
from conformance.score.order import items
from conformance.score.record import ALARM, BROKEN, CAUGHT, CLEAN, MISSED, Trial
from strategies.profiles import PROFILES


@dataclass(frozen=True)
class Question:
    """What is asked: is this fault, or control, of this implementation noticed?

    ``everything`` goes on after the first catch, until each property has caught it or passed;
    ``dtypes`` are those that are asked, none for all.
    """

    implementation: str
    kind: str
    name: str
    profile: str
    seed: int
    everything: bool = False
    dtypes: tuple[str, ...] = ()


def group_and_description(question: Question) -> tuple[str, str]:
    """Those of the fault or control that is meant."""
    if question.kind == "control":
        return "controls", CONTROLS[question.name].sentence
    return FAULTS[question.name].group, FAULTS[question.name].sentence


def run_trial(question: Question) -> Trial:
    """Run the suite until a property fails, or through all of them."""
    group, description = group_and_description(question)
    try:
        implementation = _implementation(question)
    except Exception as error:  # a fault written for another version raises anything
        said = f"{type(error).__name__}: {(str(error) or 'no message').splitlines()[0]}"
        return Trial(question.name, question.kind, group, description, BROKEN, reason=said)
    first, cases, caught_by = _search(implementation, question, group)
    control = question.kind == "control"
    if first is None:
        return Trial(
            question.name, question.kind, group, description, CLEAN if control else MISSED,
            cases=cases, caught_by=caught_by,
        )  # fmt: skip
    return Trial(
        name=question.name,
        kind=question.kind,
        group=group,
        description=description,
        verdict=ALARM if control else CAUGHT,
        found_by=first.property,
        sentence=first.sentence,
        mode=first.mode,
        dtype=first.dtype,
        reason=first.reason,
        cases=cases,
        caught_by=caught_by,
    )


def _implementation(question: Question) -> Implementation:
    if question.kind == "control":
        return Controlled(CONTROLS[question.name])
    implementation: Implementation = (
        NumpyLoop()
        if question.implementation == "numpy"
        else load_implementation(question.implementation)
    )
    faulty = seeded_fault(implementation, question.name)
    if isinstance(faulty, FaultyKeras):
        faulty.seed()  # here, where an error of the fault is not taken for one of Keras
    return faulty


def _search(
    implementation: Implementation, question: Question, group: str
) -> tuple[Optional[Result], int, Optional[list[str]]]:
    """The first failure, the cases until then, and all properties that fail if all are asked."""
    run = Run(profile=PROFILES[question.profile], seed=question.seed)
    first, cases, caught_by = None, 0, []
    for found, mode, dtype in items(implementation, all_properties().values(), group):
        if found.name in caught_by or dtype not in (question.dtypes or implementation.dtypes):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = check(found, Subject(implementation, mode, dtype, run))
        cases += result.cases if first is None else 0
        if result.verdict == FAILS:
            first = first or result.without_failure()
            caught_by.append(found.name)
            if not question.everything:
                return first, cases, None
    return first, cases, sorted(caught_by) if question.everything else None


def main() -> None:
    """Answer the question on the command line; the seconds are the parent's to measure."""
    question = Question(**json.loads(sys.argv[1]))
    # A run of its own: nothing is remembered, and that it fails is all that is asked.
    settings.register_profile("score", database=None)
    settings.load_profile("score")
    searching.SIMPLIFY_SECONDS = 0.0
    plain = {**asdict(run_trial(question)), "cpu_seconds": time.process_time()}
    print("\n" + json.dumps(plain), flush=True)


if __name__ == "__main__":
    main()
