"""Other ways to compute the same recurrence in float32 conform: the suite alarms on none."""

from __future__ import annotations

import numpy as np
import pytest
from subjects import PROPERTIES, forget_failures

from conformance.checking import check
from conformance.implementations.numpy_loop import NumpyLoop, NumpyNetwork
from conformance.subject import Run, Subject


def affine_of(affine):
    """The loop with ``affine(x, h, Wx, Wh, b)`` for the sum under tanh, and for Dense."""

    class Variant(NumpyNetwork):
        def step(self, x, h, t):
            return np.tanh(affine(x, h, *self.weights[:3]))

        def dense(self, h):
            Wo, bo = self.weights[3:]
            return affine(h, h[:, :0], Wo, Wo[:0], bo)

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
    terms = np.concatenate([x[:, :, None] * Wx, h[:, :, None] * Wh, b + 0 * x[:, :1, None]], axis=1)
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

    def step(self, x, h, t):
        Wx, Wh, bh = self.weights[:3]
        z = (x @ Wx + h @ Wh + bh).astype(float)
        less_one = np.expm1(-2 * np.abs(z))
        return np.copysign(-less_one / (2 + less_one), z).astype(self.dtype)


class TimeAfterTheInputs(NumpyNetwork):
    """All products with the inputs at once, before the loop."""

    def run(self, inputs):
        Wx, Wh, bh = self.weights[:3]
        from_inputs = inputs @ Wx + bh
        h = self.initial_state(len(inputs))
        states = []
        for t in range(inputs.shape[1]):
            h = np.tanh(from_inputs[:, t] + h @ Wh)
            states.append(h)
        states = np.stack(states, axis=1)
        return states, states @ self.weights[3] + self.weights[4]


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


@pytest.mark.parametrize("name", VARIANTS)
def test_another_way_to_round_conforms(name, monkeypatch):
    forget_failures(monkeypatch)

    class Variant(NumpyLoop):
        network_class = VARIANTS[name]

    run = Run(max_examples=40, seed=1)
    verdicts = {}
    for found in PROPERTIES.values():
        subject = Subject(Variant(), "call" if found.per_mode else None, "float32", run)
        result = check(found, subject)
        verdicts.setdefault(result.verdict, {})[found.name] = result.reason
    assert "fails" not in verdicts, verdicts["fails"]
    assert len(verdicts["conforms"]) >= 19
