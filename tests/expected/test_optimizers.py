"""The step that an optimizer is judged by is its formula's, with a bound that is sharp."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.expected.gradient_step import gradients_of
from conformance.expected.optimizers import loss_gradients, stepped
from conformance.numerics.arithmetic import IEEE
from strategies.choices import Choice
from strategies.optimizers import Training, trainings

TRAININGS = trainings(ways=("eager",), more=("weight_decay", "gradient_accumulation_steps"))
ONE = Training(
    N=1, T=1, D=1, M=1, K=1, way="eager", floatx="float32", seed=0, optimizer=Choice("SGD"),
    loss="linear", weighted=False, times=1,
)  # fmt: skip


def gradients_of_steps(training, times=None):
    return [loss_gradients(training, training.batch(i)) for i in range(times or training.times)]


def as_a_library(training, i, dtype, remembered, product_first=False):
    """The same step in a dtype, one operation after the other, as libraries have it."""
    number, arguments, results = np.dtype(dtype).type, training.arguments, []
    batch, t = training.batch(i), (i + 1) // training.together
    if (i + 1) % training.together:
        return [(weight, before) for weight, before in zip(batch.weights, remembered)]
    gradients = [
        sum(g.astype(dtype) for g in some) / number(training.together)
        for some in zip(*(
            loss_gradients(training, training.batch(i - k)) for k in range(training.together)
        ))
    ]  # fmt: skip
    if "clipvalue" in arguments:
        limit = number(arguments["clipvalue"])
        gradients = [np.clip(g, -limit, limit) for g in gradients]
    for name in ("clipnorm", "global_clipnorm"):
        if name in arguments:
            limit = number(arguments[name])
            groups = [[g] for g in gradients] if name == "clipnorm" else [gradients]
            norms = [np.sqrt(sum((g * g).sum(dtype=dtype) for g in group)) for group in groups]
            norms = norms if name == "clipnorm" else norms * 5
            gradients = [g * limit / max(norm, limit) for g, norm in zip(gradients, norms)]
    rate = number(training.rate(i))
    for weight, g, before in zip(batch.weights, gradients, remembered):
        w = weight.astype(dtype)
        w = w - w * number(arguments.get("weight_decay", 0)) * rate
        if training.optimizer.name == "SGD":
            mu = number(arguments["momentum"])
            v = mu * before.get("momentum", number(0)) - rate * g
            w = w + (mu * v - rate * g if arguments["nesterov"] else v)
            after = {"momentum": v}
        else:
            one, two = number(arguments["beta_1"]), number(arguments["beta_2"])
            m = one * before["m"] + (1 - one) * g if product_first else (
                before["m"] + (g - before["m"]) * (1 - one)
            )  # fmt: skip
            v = before["v"] + (g * g - before["v"]) * (1 - two)
            after = {"m": m, "v": v, "v_hat": np.maximum(before.get("v_hat", v), v)}
            scale = rate * np.sqrt(1 - two**t) / (1 - one**t)
            root = np.sqrt(after["v_hat"] if arguments["amsgrad"] else v)
            w = w - m * scale / (root + number(arguments["epsilon"]))
        results.append((w, {name: after[name] for name in training.remembered}))
    return results


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@given(training=TRAININGS, product_first=st.booleans())
@settings(max_examples=200, deadline=None)
def test_a_library_that_rounds_is_inside(dtype, training, product_first):
    names = training.remembered
    remembered = [{n: np.zeros(s, dtype) for n in names} for s in training.shapes]
    for i in range(training.times):
        expected = stepped(training, i, gradients_of_steps(training), remembered, IEEE[dtype])
        found = as_a_library(training, i, dtype, remembered, product_first)
        for (weight, after), right in zip(found, expected):
            assert (np.abs(weight - right.weight.value) <= right.weight.bound).all()
            for name, array in after.items():
                wanted = right.remembered[name]
                assert (np.abs(array - wanted.value) <= wanted.bound).all(), name
        remembered = [after for _, after in found]


@given(training=TRAININGS)
@settings(max_examples=200, deadline=None)
def test_bounds_are_far_below_what_they_bound(training):
    names = training.remembered
    remembered = [{n: np.zeros(s) for n in names} for s in training.shapes]
    i, gradients = training.together - 1, gradients_of_steps(training, training.together)
    for after in stepped(training, i, gradients, remembered, IEEE["float32"]):
        # With β₂ = 0.999 the first step of Adam is determined to 4e-4 of it.
        assert (after.weight.bound <= 1e-3 * (1 + np.abs(after.weight.value))).all()
        if training.optimizer.name == "SGD":
            assert (after.weight.bound <= 1e-5 * (1 + np.abs(after.weight.value))).all()


@given(training=TRAININGS)
@settings(max_examples=200, deadline=None)
def test_no_gradient_rounds(training):
    for i in range(training.times):
        batch = training.batch(i)
        bits = 2.0**6  # of N K, a sample's weight and a mean's square
        for gradient in loss_gradients(training, batch):
            assert np.array_equal(gradient * bits, np.rint(gradient * bits))
        largest = gradients_of(
            np.abs(batch.inputs),
            [np.abs(weight) for weight in batch.weights],
            lambda output, factor=4: factor * (output + 2) / output.size,
        )
        assert all((gradient * bits < 2**24).all() for gradient in largest)


def test_sgd_goes_down_the_gradient_times_the_rate():
    training = replace(ONE, optimizer=Choice("SGD", (("learning_rate", 0.25),)))
    batch = training.batch(0)
    gradients = loss_gradients(training, batch)
    for weight, gradient, after in zip(
        batch.weights, gradients, stepped(training, 0, [gradients], [{}] * 5, IEEE["float64"])
    ):
        assert np.array_equal(after.weight.value, weight - gradient / 4)
        assert not after.weight.bound.any()


def test_the_first_step_of_adam_has_the_size_of_the_rate():
    training = replace(ONE, seed=3, optimizer=Choice("Adam", (("learning_rate", 0.25),)))
    batch = training.batch(0)
    zeros = [{"m": np.zeros_like(w), "v": np.zeros_like(w)} for w in batch.weights]
    gradients = loss_gradients(training, batch)
    after_step = stepped(training, 0, [gradients], zeros, IEEE["float64"])
    moved = [after.weight.value - weight for after, weight in zip(after_step, batch.weights)]
    assert any(gradient.any() for gradient in gradients)
    for by, gradient in zip(moved, gradients):
        assert np.allclose(by, -np.sign(gradient) / 4, rtol=1e-5)


def test_accumulated_gradients_move_the_weights_once_down_their_mean():
    given = (("learning_rate", 0.25), ("gradient_accumulation_steps", 2))
    training = replace(ONE, N=2, times=2, optimizer=Choice("SGD", given))
    batches = [training.batch(i) for i in range(2)]
    gradients = gradients_of_steps(training)
    first, second = (stepped(training, i, gradients, [{}] * 5, IEEE["float64"]) for i in range(2))
    means = [sum(some) / 2 for some in zip(*gradients)]
    for kept, weight in zip(first, batches[0].weights):
        assert np.array_equal(kept.weight.value, weight)
    for moved, weight, mean in zip(second, batches[1].weights, means):
        assert np.array_equal(moved.weight.value, weight - mean / 4)


def test_a_schedule_has_a_rate_for_each_step_and_keeps_the_last():
    training = replace(ONE, optimizer=Choice("SGD", (("learning_rate", (0.25, 0.5)),)))
    assert [training.rate(i) for i in range(3)] == [0.25, 0.5, 0.5]
    assert replace(ONE, optimizer=Choice("Adam")).rate(2) == 0.001


def test_weights_of_samples_are_of_a_loss_that_has_one_number_for_each():
    weighted = replace(ONE, weighted=True)
    assert weighted.batch(0).sample_weights is None
    assert replace(weighted, loss="mean_squared_error").batch(0).sample_weights is not None
