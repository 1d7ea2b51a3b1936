"""Initializers have the distributions that are documented."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

from conformance.expected.initializers import TRUNCATED_DEVIATION, Distribution, distribution
from strategies.choices import Choice
from strategies.initializers import FIXED_INITIALIZERS, INITIALIZERS


def test_the_deviation_of_a_truncated_normal_is_the_integral():
    with mpmath.workdps(30):

        def density(z):
            return mpmath.npdf(z)

        inside = mpmath.quad(density, [-2, 0, 2])
        variance = mpmath.quad(lambda z: z * z * density(z), [-2, 0, 2]) / inside
        assert abs(float(mpmath.sqrt(variance)) - TRUNCATED_DEVIATION) < 1e-15


@pytest.mark.parametrize("kind", ["uniform", "normal", "truncated"])
def test_a_distribution_goes_from_0_to_1_and_is_symmetric(kind):
    d = Distribution(kind, 0.5, 2.0)
    x = np.linspace(-20, 21, 2001)
    below = d.below(x)
    assert (np.diff(below) >= 0).all()
    assert below[0] < 1e-20
    assert below[-1] == 1
    assert d.below(np.array([0.5]))[0] == 0.5
    assert np.abs(d.beyond(x) + below - 1).max() < 1e-15


@pytest.mark.parametrize(
    ("choice", "shape", "kind", "variance"),
    [
        (Choice("GlorotUniform"), (3, 5), "uniform", 2 / 8),
        (Choice("HeNormal"), (4, 5), "truncated", 2 / 4),
        (Choice("LecunUniform"), (4, 5), "uniform", 1 / 4),
        (Choice("GlorotNormal"), (6,), "truncated", 1 / 6),
        (Choice("RandomUniform"), (2, 2), "uniform", 0.1**2 / 12),
        (Choice("RandomNormal", (("stddev", 3.0),)), (2, 2), "normal", 9.0),
        (
            Choice(
                "VarianceScaling",
                (("scale", 2.0), ("mode", "fan_out"), ("distribution", "untruncated_normal")),
            ),
            (4, 5),
            "normal",
            2 / 5,
        ),
    ],
)
def test_a_named_initializer_has_its_documented_variance(choice, shape, kind, variance):
    found = distribution(choice, shape)
    factor = {"uniform": 1 / math.sqrt(3), "truncated": TRUNCATED_DEVIATION}.get(kind, 1.0)
    assert found.kind == kind
    assert math.isclose((found.scale * factor) ** 2, variance)


def test_every_initializer_is_fixed_random_or_orthogonal():
    random = {name for name in INITIALIZERS if distribution(Choice(name), (2, 3)) is not None}
    assert {*INITIALIZERS} - random == {*FIXED_INITIALIZERS, "Orthogonal"}
