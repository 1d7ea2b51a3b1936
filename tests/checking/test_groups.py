"""Cases are drawn, then asked, then judged, a group at a time; and found again one by one."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import numpy as np
import pytest
from hypothesis.database import InMemoryExampleDatabase
from subjects import (
    EVERY_STEP,
    LAST_OUTPUT,
    PROPERTIES,
    check_function,
    forward,
    subject_of,
)

from conformance.checking import attempt
from conformance.checking import search as searching
from conformance.checking.check import check
from conformance.checking.property import Property
from conformance.checking.record import Record
from conformance.faults import FAULTS, seeded_fault
from conformance.implementations.numpy_loop import NumpyLoop, NumpyNetwork
from conformance.implementations.protocol import Answer
from conformance.running.example_database import Examples
from strategies import Case


def noting(found: Property, events: list[tuple[str, Any]]) -> Property:
    """The property, noting the inputs of what it asks and of what it judges."""

    def ask(record: Record, case: Case) -> Any:
        events.append(("asked", case.inputs.tobytes()))
        return found.asks(record, case)

    def judge(record: Record, case: Case, answer: Any) -> None:
        events.append(("judged", case.inputs.tobytes()))
        found.function(record, case=case, answer=answer)

    return dataclasses.replace(found, asks=ask, function=judge)


def one_by_one(found: Property) -> Property:
    """The property with the same cases, which asks where it judges."""

    def function(record: Record, case: Case) -> None:
        found.function(record, case=case, answer=found.asks(record, case))

    return dataclasses.replace(found, asks=None, function=function)


def test_all_of_a_group_are_asked_before_the_first_is_judged(monkeypatch):
    monkeypatch.setattr(searching, "GROUP", 8)
    events: list[tuple[str, Any]] = []
    result = check(noting(LAST_OUTPUT, events), subject_of(max_examples=20))
    assert result.verdict == "conforms"
    kinds = [kind for kind, _ in events]
    last = ["asked", "judged"]  # the notebook's case, by itself
    assert kinds == (["asked"] * 8 + ["judged"] * 8) * 2 + ["asked"] * 4 + ["judged"] * 4 + last
    # Each is judged in its turn.
    asked, judged = ([what for kind, what in events if kind == of] for of in last)
    assert asked == judged


def test_what_is_slow_is_judged_before_the_rest_of_its_group_is_asked(monkeypatch):
    monkeypatch.setattr(attempt, "GROUP_SECONDS", 0.01)
    calls = []

    def slow_and_wrong(*weights):
        calls.append(1)
        time.sleep(0.02)
        return forward(*weights) + 1

    monkeypatch.setattr(searching, "SIMPLIFY_SECONDS", 0.0)
    assert check_function(slow_and_wrong, max_examples=100).verdict == "fails"
    assert len(calls) < 10


@pytest.mark.parametrize("found", [LAST_OUTPUT, EVERY_STEP], ids=["output", "steps"])
def test_the_same_cases_are_run_as_one_by_one(found):
    asked = {}
    for name, of in {"groups": found, "one by one": one_by_one(found)}.items():
        events: list[tuple[str, Any]] = []
        function = of.function

        def noted(record, case, function=function, events=events, **answer):
            events.append(("judged", case.inputs.tobytes() + case.kernel.tobytes()))
            function(record, case=case, **answer)

        result = check(dataclasses.replace(of, function=noted), subject_of(max_examples=100))
        assert result.verdict == "conforms"
        asked[name] = (result.cases, result.discriminating, result.worst_share, events)
    assert asked["groups"] == asked["one by one"]


@pytest.mark.parametrize("fault", ["no_bias", "state_reset_every_eighth_step", "batch_reversed"])
def test_a_failure_is_the_same_as_one_by_one(fault, monkeypatch):
    monkeypatch.setattr(searching, "SIMPLIFY_SECONDS", 0.0)
    results = [
        check(found, subject_of(seeded_fault(NumpyLoop(), fault), max_examples=100))
        for found in (EVERY_STEP, one_by_one(EVERY_STEP))
    ]
    one, other = (result.failure.drawn["case"] for result in results)
    assert repr(one) == repr(other)
    assert results[0].cases == results[1].cases
    assert results[0].reason == results[1].reason


def test_what_fails_in_a_group_and_never_again_is_reported_and_kept(monkeypatch):
    monkeypatch.setattr(searching, "SIMPLIFY_SECONDS", 0.05)
    calls = []

    def wrong_once(*weights):
        calls.append(1)
        return forward(*weights) * np.float32("nan" if len(calls) == 9 else 1)

    kept = InMemoryExampleDatabase()
    result = check_function(wrong_once, examples=Examples(kept))
    assert result.verdict == "fails"
    assert not result.failure.repeats
    assert result.reason.endswith("; the same case passes when it is repeated")
    assert kept.data


def test_what_hangs_is_asked_once_and_kept():
    calls = []

    def hangs(x, *weights):
        if len(x) > 4:
            calls.append(1)
            time.sleep(30)
        return forward(x, *weights)

    kept = InMemoryExampleDatabase()
    result = check_function(hangs, time_limit=0.1, examples=Examples(kept))
    assert result.reason == "it had not answered after 0.1 s"
    assert len(calls) == 1
    assert kept.data


class OneCall(NumpyNetwork):
    """Wrong where it is called for the first time, or from the twentieth time on."""

    wrong_at = range(1)

    def __init__(self, *size: Any, **kwargs: Any) -> None:
        super().__init__(*size, **kwargs)
        self.calls = 0

    def answer(self, inputs: np.ndarray, mode: str, **more: Any) -> Answer:
        self.calls += 1
        found = super().answer(inputs, mode, **more)
        return found._replace(output=found.output + np.float32(self.calls - 1 in self.wrong_at))


@pytest.mark.parametrize("wrong_at", [range(1), range(20, 10**6)], ids=["new", "used"])
def test_a_network_that_is_wrong_when_new_or_when_used_is_found_and_fails_again(wrong_at):
    implementation = NumpyLoop()
    implementation.network_class = type("OneCall", (OneCall,), {"wrong_at": wrong_at})
    subject = subject_of(implementation, max_examples=300)
    result = check(LAST_OUTPUT, subject)
    assert result.verdict == "fails"
    assert result.failure.repeats
    case = result.failure.drawn["case"]
    assert (case.N, case.T) == (1, 1)


def test_set_weights_is_tested_where_networks_in_use_renew_theirs_otherwise():
    class Renewing(FAULTS["signed_zeros_lost"].numpy):
        def renew_weights(self, weights):
            self.weights = [weight.copy() for weight in weights]

    implementation = NumpyLoop()
    implementation.network_class = Renewing
    subject = subject_of(implementation, max_examples=100)
    assert check(LAST_OUTPUT, subject).verdict == "conforms"
    assert check(PROPERTIES["test_weights_come_back_bit_for_bit"], subject).verdict == "fails"


def test_a_case_that_cannot_be_answered_fails_by_itself(monkeypatch):
    monkeypatch.setattr(searching, "SIMPLIFY_SECONDS", 0.0)

    def raises_for_many_samples(x, *weights):
        if len(x) > 4:
            raise ValueError(f"{len(x)} samples")
        return forward(x, *weights)

    result = check_function(raises_for_many_samples)
    assert result.reason.startswith("it raised ValueError: ")
    assert result.failure.drawn["case"].N > 4
