"""What is drawn of configurations and of wrong questions, and how outcomes are judged."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.expected.invalid_arguments import SPECIFICATION, expected_errors
from conformance.implementations.answers import Outcome
from conformance.properties.test_invalid_arguments import complaint
from strategies import invalid_arguments as wrong
from strategies.invalid_arguments import Wrong
from strategies.serialization import (
    ARGUMENTS,
    Configuration,
    Named,
    SingleArgument,
    configurations,
    single_arguments,
)

ALL = {layer: tuple(names) for layer, names in ARGUMENTS.items()}
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


def drawn(strategy, examples):
    """What a strategy gives, the same every time."""
    found = []

    @settings(max_examples=examples, database=None, derandomize=True, deadline=None)
    @given(strategy)
    def collect(value):
        found.append(value)

    collect()
    return found


def test_every_argument_is_drawn_with_most_of_the_others():
    given_together = set()
    for configuration in drawn(configurations(arguments=ALL), 300):
        names = [(layer, name) for layer in ALL for name in configuration.given(layer)]
        given_together |= {(one, other) for one in names for other in names if one < other}
    names = sorted((layer, name) for layer in ALL for name in ALL[layer])
    pairs = [(one, other) for one in names for other in names if one < other]
    assert len(given_together) >= 0.95 * len(pairs)


@given(configurations(arguments=ALL))
def test_a_configuration_can_be_built(configuration):
    rnn, dense = (configuration.meant(layer) for layer in ALL)
    assert configuration.static_time or not rnn["unroll"]
    assert not (configuration.sequential and rnn["return_state"])
    for arguments in (rnn, dense):
        if arguments["dtype"] in ("float16", "bfloat16"):
            assert "Orthogonal" not in (
                arguments["kernel_initializer"].name,
                arguments.get("recurrent_initializer", Named("")).name,
            )


@given(configurations(arguments=ALL))
def test_a_configuration_is_hashable_and_its_repr_builds_it_again(configuration):
    names = {"Configuration": Configuration, "Named": Named}
    assert eval(repr(configuration), names) == configuration
    assert hash(eval(repr(configuration), names)) == hash(configuration)


@given(configurations(arguments={"simple_rnn": ("units", "seed"), "dense": ("units",)}))
def test_only_arguments_that_a_version_has_are_given(configuration):
    assert set(configuration.given("simple_rnn")) <= {"units", "seed"}
    assert set(configuration.given("dense")) == {"units"}


@given(single_arguments(arguments=ALL))
def test_a_single_argument_is_not_the_default(argument):
    assert argument.value != ARGUMENTS[argument.layer][argument.name].default
    with_it, without = argument.configuration(), argument.configuration(given=False)
    assert with_it.given(argument.layer)[argument.name] == argument.value
    assert with_it != without


def test_the_facts_of_a_configuration_name_what_is_given():
    argument = SingleArgument("dense", "kernel_constraint", Named("NonNeg"))
    facts = argument.facts["arguments"]
    assert facts == "simple_rnn.units=8 dense.units=2 dense.kernel_constraint=NonNeg"


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


QUESTION = Wrong("no units", "Dense", arguments=(("units", 0),))


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (Outcome(("ValueError", "Exception"), "units must be positive"), ""),
        (Outcome(("UnitsError", "ValueError"), "units must be positive"), ""),
        (
            Outcome(shapes=((2, 0),)),
            "Dense, no units: it computed (2, 0), must be refused with a ValueError",
        ),
        (
            Outcome(("InvalidArgumentError", "OpError"), "In[0]\nmismatch"),
            "Dense, no units: must be refused with a ValueError, and raised "
            "InvalidArgumentError: In[0] mismatch",
        ),
        (Outcome(("ValueError",)), "Dense, no units: ValueError without a message"),
    ],
)
def test_an_outcome_is_judged_in_one_sentence(outcome, sentence):
    assert complaint(QUESTION, outcome, {"keras": "3.15.1"}) == sentence


def test_the_errors_expected_are_those_of_the_version():
    assert expected_errors("unknown argument", {"keras": "3.0.5"}) == ("ValueError",)
    assert expected_errors("unknown argument", {"keras": "2.7.0"}) == ("TypeError",)
    assert expected_errors("unknown argument", {"tf_keras": "2.21.0"}) == ("TypeError",)
