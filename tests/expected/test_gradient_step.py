"""A step of gradient descent is exact, and goes along the slope of loss and penalties."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from conformance.expected.gradient_step import descended, forward, gradients
from conformance.expected.regularizers import penalty, penalty_gradient
from conformance.numerics.arithmetic import FORMATS, IEEE
from strategies.regularizers import regularized_steps

WAYS = ("eager", "graph")


@given(regularized_steps(ways=WAYS))
@settings(max_examples=300, deadline=None)
def test_no_number_in_a_step_has_more_bits_than_float32(step):
    # With magnitudes in place of numbers, the sums are as large as any partial sum in any order.
    inputs, *weights = (np.abs(tensor) for tensor in step.tensors)
    targets = np.abs(step.targets)
    by_loss = gradients(inputs, weights, targets)
    states, outputs = forward(inputs, weights)
    smallest = 1 / targets.size
    largest = max(array.max() for array in (states, outputs, *by_loss))
    assert largest / smallest < 2 ** FORMATS["float32"].precision
    for weight, gradient, chosen in zip(weights, by_loss, step.regularizers):
        total = weight + step.rate * (gradient + np.abs(penalty_gradient(weight, chosen)))
        assert total.max() / (smallest * min(step.rate, 1) / 4) < 2 ** FORMATS["float32"].precision


@given(regularized_steps(ways=WAYS))
@settings(max_examples=50, deadline=None)
def test_a_step_goes_along_the_slope_of_loss_and_penalties(step):
    # Two-sided differences of a function that is a polynomial away from weights that are 0.
    inputs, *weights = step.tensors

    def loss(weights):
        outputs = forward(inputs, weights)[1]
        row = IEEE["float64"]
        terms = [penalty(w, r, row).value for w, r in zip(weights, step.regularizers) if r]
        return (step.targets * outputs).mean() + sum(terms)

    for i, moved in enumerate(descended(step)):
        for index in np.ndindex(weights[i].shape):
            there = [[w.copy() for w in weights] for _ in range(2)]
            for side, sign in zip(there, (1, -1)):
                side[i][index] += sign * 2.0**-10
            slope = (loss(there[0]) - loss(there[1])) * 2.0**9
            found = (weights[i][index] - moved[index]) / step.rate
            # Of degree 4 in a recurrent weight: the third derivative is what is left.
            assert abs(slope - found) < 2.0**-8
