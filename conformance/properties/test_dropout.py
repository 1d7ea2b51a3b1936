"""Dropout: nothing at inference, in training one mask for all steps of a call."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from conformance.checking.check import holds_for
from conformance.checking.judging import judge, require
from conformance.checking.record import Record
from conformance.expected.comparison import compare
from conformance.expected.steps import residual_state
from conformance.implementations.capabilities.dropout import Dropout, DropoutLayer
from conformance.numerics import chance
from strategies.cases import case_of
from strategies.dimensions import Dimensions
from strategies.dropout import LayerWithDropout, layers_with_dropout
from strategies.textures import normal

of_layers = functools.partial(holds_for, needs=(Dropout,), per_mode=False, builds=True)


class Layout(NamedTuple):
    """Weights and inputs that show the masks as they are, because no sum has two terms.

    Units ``shown`` (D,) are the inputs, ``held`` (P,) are 1 throughout, and ``seen`` (P,) are those
    of the step before, all in a drawn order. The inputs are signed powers of two.
    """

    inputs: np.ndarray
    weights: list[np.ndarray]
    shown: np.ndarray
    held: np.ndarray
    seen: np.ndarray


def _layout(question: LayerWithDropout, dtype: str) -> Layout:
    rng = np.random.default_rng(question.seed)
    D, P, M = question.D, question.P, question.M
    shown, held, seen = np.split(rng.permutation(M), [D, D + P])
    kernel, recurrent_kernel, bias = np.zeros((D, M)), np.zeros((M, M)), np.zeros(M)
    kernel[np.arange(D), shown] = 1
    recurrent_kernel[held, seen] = 1
    bias[held] = 1
    shape = (question.N, question.T, D)
    inputs = np.ldexp(rng.choice([-1.0, 1.0], shape), rng.integers(-3, 4, shape))
    weights = [array.astype(dtype) for array in (kernel, recurrent_kernel, bias)]
    return Layout(inputs.astype(dtype), weights, shown, held, seen)


class Masks(NamedTuple):
    """The masks of a call at each step: (N, T, D) of the inputs, (N, T − 1, P) of held units."""

    of_inputs: np.ndarray
    recurrent: np.ndarray


def _masks(layer: DropoutLayer, layout: Layout) -> Masks:
    states = layer.states(layout.weights, layout.inputs, training=True)
    require(bool(np.isfinite(states).all()), "a state is not finite")
    require(bool((states[:, :, layout.held] == 1).all()), "dropout changed states that it must not")
    first = states[:, 0, layout.seen]
    require(not first.any(), "the initial state is not zero")
    return Masks(states[:, :, layout.shown] / layout.inputs, states[:, 1:, layout.seen])


def _asked(record: Record, question: LayerWithDropout) -> tuple[DropoutLayer, Layout]:
    layer = record.subject.capability(Dropout).dropout_layer(question, record.subject.dtype)
    return layer, _layout(question, record.subject.dtype)


@of_layers(
    question=lambda subject: layers_with_dropout(
        ways=("predict", *subject.capability(Dropout).ways), large=False
    ),
)
def test_dropout_does_nothing_at_inference(record: Record, question: LayerWithDropout) -> None:
    """Dropout does nothing at inference.

    Every step equals the recurrence, in a call with training=False, and in predict or a call that
    does not say, after a call in training.
    """
    layer, layout = _asked(record, question)
    rng = np.random.default_rng(question.seed)
    extents = (question.N, question.T, question.D, question.M, 1)
    size = Dimensions(record.subject.cell, *extents, activation="linear")
    case = case_of(normal(rng, size).astype(record.subject.dtype), size, record.subject.dtype)
    for training in (False, True, None):
        if training:
            layer.states(layout.weights, layout.inputs, training=True)
            continue
        states = layer.states(case.weights[:-2], case.inputs, training=training)
        expected = residual_state(case, states, record.subject.arithmetic)
        judge(record, compare("state", states, expected))


@of_layers(
    question=lambda subject: layers_with_dropout(ways=subject.capability(Dropout).ways),
)
def test_a_dropout_mask_is_constant_over_time(record: Record, question: LayerWithDropout) -> None:
    """A dropout mask is constant over time.

    And has no other values than 0 and 1 / (1 − rate); so has that of the states. The rate r is
    rounded, subtracted from 1, and divides: that is off by u (r / (1 − r) + 4) of itself.
    """
    layer, layout = _asked(record, question)
    masks = _masks(layer, layout)
    u = record.subject.arithmetic.unit_roundoff
    for name, mask, rate in (
        ("the mask of the inputs", masks.of_inputs, question.rate),
        ("the mask of the states", masks.recurrent, question.recurrent_rate),
    ):
        require(bool((mask == mask[:, :1]).all()), f"{name} changes from step to step")
        kept = 1 / (1 - rate)
        off = u * (rate / (1 - rate) + 4)
        right = (np.abs(mask - kept) <= kept * off / (1 - off)) | (mask == 0)
        require(
            bool(right.all()),
            f"{name} has the value {mask.ravel()[np.argmin(right)]:.9g}, must be 0 or {kept:.9g}",
        )
        require(rate > 0 or bool(mask.all()), f"{name} drops some, and the rate is 0")


@of_layers(
    question=lambda subject: layers_with_dropout(ways=subject.capability(Dropout).ways, large=True),
)
def test_dropout_masks_are_drawn_independently(record: Record, question: LayerWithDropout) -> None:
    """Dropout masks are drawn independently.

    Chance explains how many entries are dropped, and how often two are dropped together:
    neighbours, those of samples, those of both masks, and those of two calls.
    """
    layer, layout = _asked(record, question)
    calls = [_masks(layer, layout) for _ in range(2)]
    kept = [(m.of_inputs[:, 0] != 0, m.recurrent[:, 0] != 0) for m in calls]
    rates = (1 - question.rate, 1 - question.recurrent_rate)
    for i, (name, p) in enumerate(zip(("inputs", "states"), rates)):
        mask = kept[0][i]
        k, n = int(mask.sum()), mask.size
        require(
            chance.may_be_binomial(k, n, p),
            f"{n - k} of {n} {name} are dropped, {1 - p:.3g} of them should be",
        )
        same = p * p + (1 - p) * (1 - p)
        for what, (k, n) in (
            ("samples", chance.agreements(mask, 0)),
            ("features or units", chance.agreements(mask, 1)),
            ("calls", chance.agreements(np.stack([mask, kept[1][i]]), 0)),
        ):
            require(
                chance.may_be_binomial(k, n, same),
                f"of {n} pairs of {name} in two {what}, {k} are kept or dropped together, "
                f"{same:.3g} of them should be",
            )
    if question.D == question.P:
        same = rates[0] * rates[1] + (1 - rates[0]) * (1 - rates[1])
        k, n = chance.agreements(np.stack(kept[0]), 0)
        require(
            chance.may_be_binomial(k, n, same),
            f"the two masks agree in {k} of {n} places, {same:.3g} of them should",
        )


@of_layers(
    question=lambda subject: layers_with_dropout(
        ways=subject.capability(Dropout).ways, large=False
    ),
)
def test_the_same_seed_gives_the_same_masks(record: Record, question: LayerWithDropout) -> None:
    """The same seed gives the same masks.

    Call by call; another seed gives others.
    """
    layer, layout = _asked(record, question)
    calls = [_masks(layer, layout) for _ in range(2)]
    again, _ = _asked(record, question)
    for i, masks in enumerate(calls):
        same = all(np.array_equal(*pair) for pair in zip(masks, _masks(again, layout)))
        require(same, f"call {i + 1} of a second layer with the same seed has other masks")
    other, _ = _asked(record, question._replace(seed=question.seed + 1))
    masks = _masks(other, layout)
    for name, first, second, rate in (
        ("inputs", calls[0].of_inputs[:, 0], masks.of_inputs[:, 0], question.rate),
        ("states", calls[0].recurrent[:, 0], masks.recurrent[:, 0], question.recurrent_rate),
    ):
        # Equal by chance with probability (p² + q²)^n.
        equal_by_chance = (rate * rate + (1 - rate) * (1 - rate)) ** first.size
        require(
            equal_by_chance > chance.FALSE_ALARM or not np.array_equal(first, second),
            f"another seed gives the same mask of the {name}",
        )
