"""Other ways to compute the same recurrence conform, in every dtype: the suite alarms on none."""

from __future__ import annotations

import numpy as np
import pytest
from subjects import PROPERTIES, forget_failures

from conformance.checking import check
from conformance.implementations.numpy_loop import NumpyLoop, NumpyNetwork
from conformance.subject import Run, Subject
from strategies import DTYPES, WIDE_DTYPES


def affine_of(affine):
    """The loop with ``affine(x, h, Wx, Wh, b)`` for the sum under tanh, and for Dense."""

    class Variant(NumpyNetwork):
        def preactivation(self, x, h, t):
            return affine(x, h, *self.used[:3])

        def dense(self, h):
            Wo, bo = self.used[3:]
            return self.activated(affine(h, h[:, :0], Wo, Wo[:0], bo), self.size.dense_activation)

    return Variant


@affine_of
def bias_first(x, h, Wx, Wh, b):
    return (b + h @ Wh) + x @ Wx


@affine_of
def terms_reversed(x, h, Wx, Wh, b):
    return x[:, ::-1] @ Wx[::-1] + h[:, ::-1] @ Wh[::-1] + b


@affine_of
def one_product(x, h, Wx, Wh, b):
    ones = np.ones((len(x), 1), x.dtype)
    return np.concatenate([ones, h, x], axis=1) @ np.concatenate([b[None], Wh, Wx])


@affine_of
def float64_inside(x, h, Wx, Wh, b):
    wide = x.astype(float) @ Wx.astype(float) + h.astype(float) @ Wh.astype(float) + b
    return wide.astype(x.dtype)


@affine_of
def split_products(x, h, Wx, Wh, b):
    def split(a, W):
        middle = len(W) // 2
        return a[:, :middle] @ W[:middle] + a[:, middle:] @ W[middle:]

    return split(x, Wx) + split(h, Wh) + b


@affine_of
def einsum(x, h, Wx, Wh, b):
    return np.einsum("nd,dm->nm", x, Wx) + (np.einsum("nk,km->nm", h, Wh) + b)


@affine_of
def pairwise(x, h, Wx, Wh, b):
    bias = np.broadcast_to(b, (len(x), 1, len(b)))
    terms = np.concatenate([x[:, :, None] * Wx, h[:, :, None] * Wh, bias], axis=1)
    while terms.shape[1] > 1:
        odd = terms[:, -1:] if terms.shape[1] % 2 else terms[:, :0]
        even = terms[:, : terms.shape[1] // 2 * 2]
        terms = np.concatenate([even[:, ::2] + even[:, 1::2], odd], axis=1)
    return terms[:, 0]


@affine_of
def one_term_after_another(x, h, Wx, Wh, b):
    total = np.zeros((len(x), len(b)), x.dtype) + b
    for operand, weight in ((h, Wh), (x, Wx)):
        for i in range(len(weight)):
            total = total + operand[:, i, None] * weight[i]
    return total


class TanhFromExponential(NumpyNetwork):
    """(1 − e) / (1 + e) with e = exp(−2|z|), in float64 and rounded; expm1 keeps small z."""

    def activated(self, z, name):
        if name != "tanh":
            return super().activated(z, name)
        z = self.stored(z).astype(float)
        less_one = np.expm1(-2 * np.abs(z))
        return self.stored(np.copysign(-less_one / (2 + less_one), z))


class TimeAfterTheInputs(NumpyNetwork):
    """All products with the inputs at once, before the loop."""

    def run(self, inputs):
        Wx, Wh, bh, Wo, bo = self.used
        from_inputs = self.stored(self.stored(inputs) @ Wx + bh)
        h = self.initial_state(len(inputs))
        states = []
        for t in range(inputs.shape[1]):
            h = self.activated(from_inputs[:, t] + self.stored(h @ Wh), self.size.activation)
            states.append(h)
        states = np.stack(states, axis=1)
        return states, self.activated(states @ Wo + bo, self.size.dense_activation)


VARIANTS = {
    "bias first": bias_first,
    "terms reversed": terms_reversed,
    "one product": one_product,
    "float64 inside": float64_inside,
    "split products": split_products,
    "einsum": einsum,
    "pairwise": pairwise,
    "one term after another": one_term_after_another,
    "tanh from exponential": TanhFromExponential,
    "inputs before the loop": TimeAfterTheInputs,
}


def verdicts_of(network, dtype, max_examples):
    """The properties of each verdict for the loop with another network, with their reasons."""

    class Variant(NumpyLoop):
        network_class = network

    run = Run(max_examples=max_examples, seed=1)
    verdicts = {}
    for found in PROPERTIES.values():
        if found.applies_to(dtype):
            subject = Subject(Variant(), "call" if found.per_mode else None, dtype, run)
            result = check(found, subject)
            verdicts.setdefault(result.verdict, {})[found.name] = result.reason
    return verdicts


@pytest.fixture(autouse=True)
def _without_memory(monkeypatch):
    forget_failures(monkeypatch)


@pytest.mark.parametrize("name", VARIANTS)
def test_another_way_to_round_conforms(name):
    verdicts = verdicts_of(VARIANTS[name], "float32", 40)
    assert "fails" not in verdicts, verdicts["fails"]
    assert len(verdicts["conforms"]) >= 27


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype not in WIDE_DTYPES])
@pytest.mark.parametrize("name", VARIANTS)
def test_another_way_to_round_conforms_in_16_bits_too(name, dtype):
    verdicts = verdicts_of(VARIANTS[name], dtype, 10)
    assert "fails" not in verdicts, verdicts["fails"]
    assert len(verdicts["conforms"]) >= 10
