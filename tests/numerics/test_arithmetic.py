"""Units in the last place and unit roundoffs are those of NumPy's own numbers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.numerics.arithmetic import FORMATS

DTYPES = ("float32", "float64")


@settings(deadline=None, max_examples=300)
@given(st.floats(-(2.0**127), 2.0**127, width=32))
def test_the_ulp_of_float32_is_the_distance_to_the_next_number(number):
    spacing = np.spacing(np.float32(abs(number)))
    assert FORMATS["float32"].ulp(np.array(number)) == float(spacing)


@settings(deadline=None, max_examples=300)
@given(st.floats(-(2.0**1023), 2.0**1023))
def test_the_ulp_of_float64_is_the_distance_to_the_next_number(number):
    assert FORMATS["float64"].ulp(np.array(number)) == np.spacing(abs(number))


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_ulp_at_zero_is_the_smallest_number(dtype):
    assert FORMATS[dtype].ulp(np.array(0.0)) == np.nextafter(np.array(0, dtype), np.array(1, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_unit_roundoff_is_half_the_distance_from_one_to_the_next_number(dtype):
    assert FORMATS[dtype].unit_roundoff == np.finfo(dtype).eps / 2


@settings(deadline=None)
@given(st.integers(1, 1000))
def test_gamma_bounds_n_roundings_in_a_row(n):
    for arithmetic in FORMATS.values():
        u = Fraction(arithmetic.unit_roundoff)
        # Rounded itself, hence not compared exactly.
        assert arithmetic.gamma(n) * (1 + 2.0**-50) >= (1 + u) ** n - 1
        if n * u < 0.5:
            assert arithmetic.gamma(n) * (1 - 2.0**-50) <= n * u * (1 + 2 * n * u)
