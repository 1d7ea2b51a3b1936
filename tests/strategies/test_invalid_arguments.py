"""What is drawn of wrong questions, and how their outcomes are judged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from questions import drawn

from conformance.expected.invalid_arguments import SPECIFICATION, expected_errors
from conformance.implementations.capabilities.invalid_arguments import Outcome
from conformance.properties.test_invalid_arguments import complaint
from strategies import invalid_arguments as wrong
from strategies.invalid_arguments import Wrong

QUESTIONS = (
    wrong.wrong_units,
    wrong.wrong_dropout,
    wrong.wrong_names,
    wrong.wrong_inputs,
    wrong.wrong_states,
    wrong.wrong_masks,
    wrong.unknown_lengths,
    wrong.wrong_weights,
)


@pytest.mark.parametrize("questions", QUESTIONS, ids=lambda strategy: strategy.__name__)
def test_every_kind_of_a_wrong_question_is_drawn_in_a_default_run(questions):
    all_kinds = {question.facts["question"] for question in drawn(questions(), 1000)}
    # As many as the properties in `test_invalid_arguments` have in the default profile.
    cases = {wrong.unknown_lengths: 25, wrong.wrong_units: 100, wrong.wrong_names: 100}
    cases = cases.get(questions, 50)
    assert {question.facts["question"] for question in drawn(questions(), cases)} == all_kinds


@given(st.one_of(*(questions() for questions in QUESTIONS)))
def test_a_wrong_question_has_a_repr_that_asks_it_again(question):
    assert eval(repr(question), {"Wrong": Wrong}) == question


def test_the_specification_is_of_questions_that_are_asked():
    asked = {question.question for strategy in QUESTIONS for question in drawn(strategy(), 300)}
    assert set(SPECIFICATION) <= asked


QUESTION = Wrong("no units", "dense", arguments=(("units", 0),))


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (Outcome(("ValueError", "Exception"), "units must be positive"), ""),
        (Outcome(("UnitsError", "ValueError"), "units must be positive"), ""),
        (
            Outcome(shapes=((2, 0),)),
            "dense, no units: it computed (2, 0), must be refused with a ValueError",
        ),
        (
            Outcome(("InvalidArgumentError", "OpError"), "In[0]\nmismatch"),
            "dense, no units: must be refused with a ValueError, and raised "
            "InvalidArgumentError: In[0] mismatch",
        ),
        (Outcome(("ValueError",)), "dense, no units: ValueError without a message"),
    ],
)
def test_an_outcome_is_judged_in_one_sentence(outcome, sentence):
    assert complaint(QUESTION, outcome, {"keras": "3.15.1"}) == sentence


def test_the_errors_expected_are_those_of_the_version():
    assert expected_errors("unknown argument", {"keras": "3.0.5"}) == ("ValueError",)
    assert expected_errors("unknown argument", {"keras": "2.7.0"}) == ("TypeError",)
    assert expected_errors("unknown argument", {"tf_keras": "2.21.0"}) == ("TypeError",)
