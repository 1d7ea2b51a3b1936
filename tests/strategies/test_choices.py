"""What may be chosen for weights, and the questions about training that are made of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from conformance.failures.of_properties import imports_of
from strategies.choices import Choice
from strategies.constraints import constrained_steps, constraints
from strategies.dropout import layers_with_dropout
from strategies.facts import facts_elsewhere
from strategies.initializers import births, initializers
from strategies.optimizers import trainings
from strategies.regularizers import penalties, regularized_steps, regularizers
from strategies.trainable import frozen_steps

WAYS = ("eager", "graph")
QUESTIONS = st.one_of(
    births(),
    layers_with_dropout(ways=WAYS),
    penalties(ways=WAYS, dtype="float64"),
    regularized_steps(ways=WAYS, dtype="float64"),
    constrained_steps(ways=WAYS),
    frozen_steps(ways=WAYS),
    trainings(ways=WAYS, more=("weight_decay",)),
)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (lambda: initializers(names=["Glorot"]), "names='Glorot': must be one of Zeros, "),
        (lambda: regularizers(names=["l1"]), "names='l1': must be one of L1, "),
        (lambda: constraints(names=["Max"]), "names='Max': must be one of NonNeg, "),
        (lambda: births(max_extent=0), "max_extent=0: must be an integer, at least 1"),
        (lambda: layers_with_dropout(ways=()), "ways=(): must be names, at least one"),
        (lambda: layers_with_dropout(ways="eager"), "ways='eager': must be names, at least one"),
        (lambda: frozen_steps(ways=()), "ways=(): must be names, at least one"),
        (lambda: trainings(ways=()), "ways=(): must be names, at least one"),
        (lambda: trainings(ways=WAYS, dtype="half"), "dtype='half': must be one of float32, "),
        (
            lambda: constrained_steps(ways=WAYS, dtype="half"),
            "dtype='half': must be one of float32, ",
        ),
        (lambda: penalties(ways=WAYS, dtype="float8"), "dtype='float8': must be one of float32, "),
        (lambda: regularized_steps(ways=WAYS, names=["l1"]), "names='l1': must be one of L1, "),
    ],
)
def test_a_wrong_argument_is_refused_with_its_value(asked, message):
    with pytest.raises(InvalidArgument) as refused:
        asked()
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("name", "text"),
    [("L1L2", "l1_l2"), ("NonNeg", "non_neg"), ("GlorotUniform", "glorot_uniform"), ("L1", "l1")],
)
def test_a_choice_has_the_name_that_keras_gives_it(name, text):
    assert Choice(name).text == text
    assert str(Choice(name, by_name=True)) == f"'{text}'"


def test_a_choice_reads_as_a_call():
    assert str(Choice("MaxNorm", (("max_value", 2.0), ("axis", 1)))) == (
        "MaxNorm(max_value=2.0, axis=1)"
    )


@given(QUESTIONS)
def test_a_question_is_rebuilt_from_its_repr_and_the_imports_that_it_names(question):
    names = {}
    exec("\n".join(imports_of(question)), names)
    again = eval(repr(question), names)
    assert again == question
    assert hash(again) == hash(question)


@given(QUESTIONS)
def test_the_facts_of_a_question_are_declared(question):
    elsewhere = facts_elsewhere()
    for name, value in question.facts.items():
        assert type(value) is type(elsewhere[name])
