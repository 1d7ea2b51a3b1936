"""The bounds of projections onto constraints hold."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.expected.constraints import projected
from conformance.numerics.arithmetic import IEEE
from strategies.choices import Choice
from strategies.constraints import CONSTRAINTS


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_the_bound_of_a_projection_holds_in_float32(name):
    rng = np.random.default_rng(0)
    given_to = {"MaxNorm": (("max_value", 1.0),), "MinMaxNorm": (("min_value", 0.5), ("rate", 0.3))}
    choice = Choice(name, given_to.get(name, ()))
    for _ in range(200):
        w = (rng.standard_normal((rng.integers(1, 9), 3)) * rng.choice([0, 0.1, 3])).astype("f4")
        norms = np.sqrt(np.square(w).sum(axis=0, keepdims=True))
        e, one = np.float32(1e-7), np.float32(1)
        rate = np.float32(0.3)
        got = {
            "NonNeg": np.maximum(w, 0),
            "MaxNorm": w * (np.minimum(norms, one) / (e + norms)),
            "UnitNorm": w / (e + norms),
            "MinMaxNorm": w
            * ((rate * np.clip(norms, np.float32(0.5), one) + (1 - rate) * norms) / (e + norms)),
        }[name]
        assert got.dtype == np.float32
        value, bound = projected(w, choice, IEEE["float32"])
        assert (np.abs(got - value) <= bound).all()


def test_a_projection_onto_nothing_is_the_weight_itself():
    w = np.array([[1.5, -2.0]])
    value, bound = projected(w, None, IEEE["float32"])
    assert np.array_equal(value, w)
    assert not bound.any()
