"""Regularizers: penalties equal their formulas, and training goes down them."""

from __future__ import annotations

import math

import numpy as np

from conformance.checking.check import holds_for
from conformance.checking.judging import judge, require, require_equal
from conformance.checking.record import Record
from conformance.expected.comparison import Comparison
from conformance.expected.gradient_step import descended
from conformance.expected.regularizers import penalty, undecided
from conformance.implementations.capabilities.gradient_step import GradientStep
from conformance.implementations.capabilities.regularizers import Regularizers
from conformance.numerics.arithmetic import REFERENCE
from conformance.numerics.bounded import Bounded
from strategies.gradient_step import Step
from strategies.plain_networks import WEIGHTS
from strategies.regularizers import Penalty, penalties, regularized_steps


@holds_for(
    needs=(Regularizers,),
    per_mode=False,
    builds=True,
    often=3,
    penalty_of=lambda subject: penalties(
        ways=(*subject.capability(Regularizers).ways, "evaluate"),
        names=subject.capability(Regularizers).regularizers(),
        dtype=subject.dtype,
    ),
)
def test_penalties_equal_their_formulas(record: Record, penalty_of: Penalty) -> None:
    """Penalties equal their formulas.

    One for each regularizer; that of an output is divided by the number of samples.
    """
    found = record.subject.capability(Regularizers).penalised(penalty_of, record.subject.dtype)
    arithmetic = record.subject.arithmetic
    _, *weights = penalty_of.tensors
    expected = [
        penalty(weight, regularizer, arithmetic)
        for weight, regularizer in zip(weights, penalty_of.regularizers)
        if regularizer is not None
    ]
    of_hidden, of_output = penalty_of.activity
    put_out = [(of_hidden, array) for array in found.hidden] + [(of_output, found.output)]
    for regularizer, array in put_out:
        if regularizer is not None:
            value, off = penalty(array, regularizer, arithmetic)
            once = 2 * arithmetic.unit_roundoff * (value + off)
            expected.append(Bounded(value / penalty_of.N, (off + once) / penalty_of.N))
    if not found.total:
        require_equal("the number of penalties", len(found.penalties), len(expected))
    total = math.fsum(value for value, _ in expected)
    bound = math.fsum(off for _, off in expected)
    # Of one sign: added up, multiplied with the number of samples and divided by it.
    rounds = len(expected) + 4
    relative = float(arithmetic.storage.gamma(rounds) + REFERENCE.gamma(rounds))
    bound += (total + bound) * relative
    judge(
        record,
        Comparison(
            "sum of penalties",
            ("sum",),
            np.array([math.fsum(found.penalties)]),
            np.array([total]),
            np.array([bound]),
        ),
        sentence="the {quantity} differs from the formulas by more than rounding explains",
    )


@holds_for(
    needs=(Regularizers, GradientStep),
    per_mode=False,
    builds=True,
    step=lambda subject: regularized_steps(
        ways=subject.capability(GradientStep).ways,
        names=subject.capability(Regularizers).regularizers(),
        dtype=subject.dtype,
    ),
)
def test_training_goes_down_the_penalties(record: Record, step: Step) -> None:
    """Training goes down the penalties.

    A step of gradient descent is one on the loss and all penalties; no sum in it rounds. Where a
    weight is 0, L1 may have any slope from -l1 to l1.
    """
    stepped = record.subject.capability(GradientStep).stepped(step, record.subject.dtype)
    for (layer, name), got, expected, free in zip(
        WEIGHTS, stepped.weights, descended(step), undecided(step)
    ):
        require(
            got.shape == expected.shape and bool((np.abs(got - expected) <= free).all()),
            f"{name} of {layer} is {got.tolist()} after the step, must be {expected.tolist()}",
        )
