"""Other ways to compute the same recurrence conform, in every dtype: the suite alarms on none."""

from __future__ import annotations

import itertools

import pytest
from subjects import PROPERTIES

from conformance.checking.check import check
from conformance.checking.subject import Run, Subject
from conformance.faults.numpy.controls import CONTROLS, Controlled
from strategies import DTYPES, WIDE_DTYPES


def verdicts_of(name, dtype, max_examples):
    """The properties of each verdict for a control, with their reasons."""
    implementation = Controlled(CONTROLS[name])
    run = Run(max_examples=max_examples, seed=1)
    verdicts = {}
    for found in PROPERTIES.values():
        if found.applies_to(dtype):
            subject = Subject(implementation, "call" if found.per_mode else None, dtype, run)
            result = check(found, subject)
            verdicts.setdefault(result.verdict, {})[found.name] = result.reason
    return verdicts


@pytest.mark.parametrize("name", CONTROLS)
def test_another_way_to_round_conforms(name):
    verdicts = verdicts_of(name, "float32", 20)
    assert "fails" not in verdicts, verdicts["fails"]
    assert len(verdicts["conforms"]) >= 27


NARROW = [dtype for dtype in DTYPES if dtype not in WIDE_DTYPES]


@pytest.mark.parametrize(("name", "dtype"), list(zip(CONTROLS, itertools.cycle(NARROW))))
def test_another_way_to_round_conforms_in_16_bits_too(name, dtype):
    verdicts = verdicts_of(name, dtype, 3)
    assert "fails" not in verdicts, verdicts["fails"]
    assert len(verdicts["conforms"]) >= 10


def test_there_are_controls_enough_and_each_is_described():
    assert len(CONTROLS) >= 20
    sentences = [control.sentence for control in CONTROLS.values()]
    assert len(set(sentences)) == len(CONTROLS)
    assert all(len(text) < 90 and "\n" not in text for text in sentences)
