"""One fault or control against the suite, in this process: ``python -m conformance.score.trial``.

It is started by `conformance.score.processes` with its spec as JSON, and prints its answer as
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

from conformance.cells import CELLS, SIMPLE_RNN
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
from conformance.running.text import kind_and_message
from conformance.score.order import items
from conformance.score.record import ALARM, BROKEN, CAUGHT, CLEAN, MISSED, Trial
from strategies.profiles import PROFILES


@dataclass(frozen=True)
class TrialSpec:
    """One trial to run: an implementation, a fault or control, and options.

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


def group_and_description(spec: TrialSpec) -> tuple[str, str]:
    """The group and description of the fault or control."""
    if spec.kind == "control":
        return "controls", CONTROLS[spec.name].sentence
    return FAULTS[spec.name].group, FAULTS[spec.name].sentence


def run_trial(spec: TrialSpec) -> Trial:
    """Run the suite until a property fails, or through all of them."""
    group, description = group_and_description(spec)
    try:
        implementation = _implementation(spec)
    except Exception as error:  # a fault written for another version raises anything
        reason = kind_and_message(error)
        return Trial(spec.name, spec.kind, group, description, BROKEN, reason=reason)
    first, cases, caught_by = _search(implementation, spec, group)
    control = spec.kind == "control"
    if first is None:
        return Trial(
            spec.name, spec.kind, group, description, CLEAN if control else MISSED,
            cases=cases, caught_by=caught_by,
        )  # fmt: skip
    return Trial(
        name=spec.name,
        kind=spec.kind,
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


def _implementation(spec: TrialSpec) -> Implementation:
    if spec.kind == "control":
        return Controlled(CONTROLS[spec.name])
    implementation: Implementation = (
        NumpyLoop() if spec.implementation == "numpy" else load_implementation(spec.implementation)
    )
    faulty = seeded_fault(implementation, spec.name)
    if isinstance(faulty, FaultyKeras):
        faulty.seed()  # here, where an error of the fault is not taken for one of Keras
    return faulty


def _search(
    implementation: Implementation, spec: TrialSpec, group: str
) -> tuple[Optional[Result], int, Optional[list[str]]]:
    """The first failure, the cases until then, and all properties that fail if all are asked."""
    run = Run(profile=PROFILES[spec.profile], seed=spec.seed)
    cell = SIMPLE_RNN if spec.kind == "control" else CELLS[FAULTS[spec.name].layer]
    first, cases, caught_by = None, 0, []
    for prop, mode, dtype in items(implementation, all_properties().values(), group):
        if prop.name in caught_by or dtype not in (spec.dtypes or implementation.dtypes):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = check(prop, Subject(implementation, mode, dtype, run, cell=cell))
        cases += result.cases if first is None else 0
        if result.verdict == FAILS:
            first = first or result.without_failure()
            caught_by.append(prop.name)
            if not spec.everything:
                return first, cases, None
    return first, cases, sorted(caught_by) if spec.everything else None


def main() -> None:
    """Run the trial that the command line describes; the seconds are the parent's to measure."""
    spec = TrialSpec(**json.loads(sys.argv[1]))
    # A run of its own: nothing is remembered, and that it fails is all that is asked.
    settings.register_profile("score", database=None)
    settings.load_profile("score")
    searching.SIMPLIFY_SECONDS = 0.0
    plain = {**asdict(run_trial(spec)), "cpu_seconds": time.process_time()}
    print("\n" + json.dumps(plain), flush=True)


if __name__ == "__main__":
    main()
