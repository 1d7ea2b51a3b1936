"""16-bit dtypes: rounding is to nearest, ties to even, and a case says what it is computed in."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy import array, float16, float32, inf, nan

from conformance.cells import SIMPLE_RNN
from conformance.numerics.arithmetic import FORMATS
from strategies import (
    DTYPES,
    WIDE_DTYPES,
    Case,
    Dimensions,
    Tensors,
    cases,
    dimensions,
    notebook_case,
)
from strategies.cases import case_of_seed
from strategies.dtypes import POLICIES, bfloat16, carried, computed, rounded

BFLOAT16 = FORMATS["bfloat16"]
ANY_FLOAT32 = st.integers(0, 2**32 - 1).map(lambda bits: np.uint32(bits).view(np.float32))


def nearest_bfloat16(number):
    """The nearest bfloat16 to a finite number, ties to even, in rational arithmetic."""
    exact = Fraction(float(number))
    exponent = int(np.frexp(float(number))[1]) - 1
    unit = Fraction(2) ** (max(exponent, -126) - 7)
    nearest = round(exact / unit) * unit  # which rounds halves to even
    return float(nearest) if abs(nearest) < 2**128 else float(np.copysign(inf, number))


# --- bfloat16 --------------------------------------------------------------------------------


@settings(deadline=None, max_examples=500)
@given(ANY_FLOAT32)
def test_a_float32_becomes_the_nearest_bfloat16(number):
    got = bfloat16(np.array([number]))
    assert got.dtype == np.float32
    if np.isfinite(number):
        assert float(got[0]) == nearest_bfloat16(number)
        assert np.signbit(got[0]) == np.signbit(number)
    else:
        np.testing.assert_array_equal(got[0], number)


@pytest.mark.parametrize("exponent", [-133, -130, -127, -126, -1, 0, 1, 126, 127])
@pytest.mark.parametrize("sign", [-1, 1])
def test_what_lies_halfway_between_two_bfloat16_becomes_the_even_one(exponent, sign):
    unit = 2.0 ** max(exponent - 7, -133)
    numbers = 2.0**exponent + unit * np.arange(128)
    halfway = (sign * (numbers + unit / 2)).astype(np.float32)
    assert (halfway.astype(float) == sign * (numbers + unit / 2)).all()
    outwards = np.float32(sign * inf)
    for number in (halfway, np.nextafter(halfway, np.float32(0)), np.nextafter(halfway, outwards)):
        expected = [nearest_bfloat16(n) for n in number]
        np.testing.assert_array_equal(bfloat16(number), expected)


def test_nan_and_infinity_stay_what_they_are():
    # The last NaN has a payload in the lower half only, which cutting would turn into infinity.
    bits = np.array([0x7FC00000, 0xFFC00000, 0x7F800001, 0x7F800000, 0xFF800000], np.uint32)
    special = bits.view(np.float32)
    np.testing.assert_array_equal(bfloat16(special), special)


def test_what_is_half_a_unit_beyond_the_largest_bfloat16_is_infinite():
    limit = BFLOAT16.largest + 2.0**119
    beyond = np.float32([limit, -limit, 3.4028235e38])
    np.testing.assert_array_equal(bfloat16(beyond), [inf, -inf, inf])
    assert bfloat16(np.nextafter(np.float32(limit), np.float32(0))) == BFLOAT16.largest


def test_a_float64_becomes_the_nearest_bfloat16_too():
    # Just above the middle between 1 and the next bfloat16, by less than float32 can tell.
    number = 1 + 2.0**-8 + 2.0**-40
    assert bfloat16(np.array([number]))[0] == nearest_bfloat16(number) == 1 + 2.0**-7


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4), (2, 3, 4)])
def test_a_shape_stays_what_it_is(shape):
    assert bfloat16(np.ones(shape)).shape == shape


def test_entries_are_rounded_wherever_they_lie_in_memory():
    numbers = np.random.default_rng(0).standard_normal((6, 8)).astype(np.float32)
    expected = bfloat16(numbers)
    np.testing.assert_array_equal(bfloat16(numbers.T), expected.T)
    np.testing.assert_array_equal(bfloat16(numbers[::2, ::-3]), expected[::2, ::-3])


def test_the_format_of_bfloat16_has_the_numbers_that_rounding_gives():
    units = np.arange(1, 400) * BFLOAT16.smallest_subnormal
    np.testing.assert_array_equal(bfloat16(units)[:256], units[:256])
    assert not np.array_equal(bfloat16(units), units)
    assert bfloat16(np.array(BFLOAT16.smallest_subnormal / 2)) == 0
    assert bfloat16(np.array(BFLOAT16.largest)) == BFLOAT16.largest
    assert bfloat16(np.array(1 + 2 * BFLOAT16.unit_roundoff)) > 1
    assert bfloat16(np.array(1 + BFLOAT16.unit_roundoff)) == 1


# --- What carries a dtype --------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_carried_stays_and_what_is_computed_has_the_bits_of_its_format(dtype):
    numbers = np.random.default_rng(1).standard_normal(200)
    there = carried(numbers, dtype)
    assert there.dtype == POLICIES[dtype].weights
    np.testing.assert_array_equal(carried(there, dtype), there)
    used = computed(there, dtype)
    assert used.dtype == np.float64
    np.testing.assert_array_equal(computed(used, dtype), used)
    off = abs(used - there.astype(float)).max() / FORMATS[POLICIES[dtype].computed].ulp(used).max()
    # Only mixed policies keep weights of more bits than they compute with.
    assert (0 < off <= 0.5) if dtype.startswith("mixed") else off == 0


@pytest.mark.parametrize("format", ["float16", "bfloat16", "float32"])
def test_what_is_rounded_is_off_by_half_a_unit_at_most(format):
    numbers = np.random.default_rng(2).standard_normal(500)
    off = abs(rounded(numbers, format).astype(float) - numbers) / FORMATS[format].ulp(numbers)
    assert 0.45 < off.max() <= 0.5


# --- Cases -----------------------------------------------------------------------------------


def special_case(cell, dtype):
    """A case with extreme numbers in it, of other activations than the usual."""
    size = Dimensions(SIMPLE_RNN, 2, 3, 2, 3, 2, True, "relu", "softmax")
    case = case_of_seed(size, dtype, "normal", 0)
    inputs = case.inputs.copy()
    inputs[0, 0] = [nan, -inf]
    inputs[0, 1] = [-0.0, np.nextafter(inputs.dtype.type(0), inputs.dtype.type(1))]
    return case.replace(inputs=inputs)


@pytest.mark.parametrize("make", [notebook_case, special_case])
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_repr_of_a_case_is_python_that_builds_it_again(dtype, make):
    case = make(SIMPLE_RNN, dtype)
    names = {
        "Case": Case,
        "Tensors": Tensors,
        "SIMPLE_RNN": SIMPLE_RNN,
        "array": array,
        "float16": float16,
        "float32": float32,
    }
    again = eval(repr(case), {**names, "inf": inf, "nan": nan})
    assert (again.dtype, again.policy, again.dimensions) == (
        case.dtype,
        case.policy,
        case.dimensions,
    )
    for before, after in zip((case.inputs, *case.weights), (again.inputs, *again.weights)):
        assert (before.dtype, before.shape) == (after.dtype, after.shape)
        np.testing.assert_array_equal(after, before)
        np.testing.assert_array_equal(np.signbit(after), np.signbit(before))


def test_only_what_arrays_do_not_tell_is_a_policy():
    policies = {dtype: notebook_case(SIMPLE_RNN, dtype).policy for dtype in DTYPES}
    named = {dtype: dtype for dtype in ("bfloat16", "mixed_float16", "mixed_bfloat16")}
    assert policies == {**dict.fromkeys(DTYPES, ""), **named}
    assert [notebook_case(SIMPLE_RNN, dtype).dtype for dtype in DTYPES] == list(DTYPES)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("float64", "inputs are float32: must be float64 for float64"),
        ("float16", "inputs are float32: must be float16 for float16"),
        ("int8", f"the dtype is int8: must be {' or '.join(DTYPES)}"),
    ],
)
def test_a_policy_that_does_not_fit_the_arrays_is_refused_in_one_sentence(policy, message):
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        notebook_case(SIMPLE_RNN, "float32").replace(policy=policy)
    assert str(refused.value) == message


def test_a_tensor_of_another_dtype_is_refused_by_name():
    case = notebook_case(SIMPLE_RNN, "float16")
    with pytest.raises(ValueError, match=r"^dense_bias is float32, inputs are float16$"):
        case.replace(dense_bias=case.dense_bias.astype("float32"))


@pytest.mark.parametrize("dtype", DTYPES)
def test_cases_of_every_dtype_hold_numbers_of_that_dtype(dtype):
    small = dimensions(SIMPLE_RNN, max_samples=3, max_units=8, max_features=8)

    @settings(deadline=None, max_examples=60)
    @given(cases(small, dtype=dtype))
    def check(case):
        assert case.dtype == dtype
        for tensor in (case.inputs, *case.weights):
            np.testing.assert_array_equal(carried(tensor, dtype), tensor)
        for tensor, used in zip((case.inputs, *case.weights), case.as_computed):
            np.testing.assert_array_equal(computed(used, dtype), used)
            if not dtype.startswith("mixed"):
                np.testing.assert_array_equal(used, tensor)

    check()


def test_wide_dtypes_are_those_whose_arrays_are_what_is_computed_with():
    assert set(WIDE_DTYPES) < set(DTYPES)
    for dtype, policy in POLICIES.items():
        assert (dtype in WIDE_DTYPES) == (FORMATS[policy.computed].precision >= 24)
        assert np.finfo(policy.weights).nmant + 1 >= FORMATS[policy.computed].precision
        assert np.finfo(policy.results).nmant + 1 >= FORMATS[policy.computed].precision
