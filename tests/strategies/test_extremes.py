"""Each extreme is what it says, in every dtype, after rounding to it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.errors import InvalidArgument

from conformance.cells import SIMPLE_RNN
from conformance.numerics.arithmetic import FORMATS
from strategies import DTYPES, Dimensions, dimensions
from strategies.cases import case_of
from strategies.dtypes import POLICIES
from strategies.special_values import EXPONENTS, EXTREMES, extreme_cases

SIZE = Dimensions(SIMPLE_RNN, 4, 5, 3, 6, 2)
SEEDS = range(60)


def drawn(kind, seed, dtype, size=SIZE):
    """A case of a kind, and its tensors as they are computed with."""
    tensors = EXTREMES[kind](np.random.default_rng(seed), size, dtype)
    with np.errstate(over="ignore"):
        case = case_of(tensors.astype(dtype), size, dtype, kind)
    return case, case.as_computed


def format_of(dtype):
    return FORMATS[POLICIES[dtype].computed]


# --- NaN and infinity ------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_to_three_entries_are_not_finite_and_all_others_are(dtype):
    counts, tensors_hit, values = set(), set(), set()
    for seed in SEEDS:
        _, tensors = drawn("not_finite", seed, dtype)
        special = [~np.isfinite(tensor) for tensor in tensors]
        counts.add(sum(int(where.sum()) for where in special))
        tensors_hit |= {i for i, where in enumerate(special) if where.any()}
        values |= {str(v) for t, where in zip(tensors, special) for v in t[where]}
    assert counts == {1, 2, 3}
    assert tensors_hit == set(range(6))
    assert values == {"nan", "inf", "-inf"}


def test_inputs_are_not_finite_more_often_than_weights():
    of_seeds = [drawn("not_finite", seed, "float32")[1] for seed in SEEDS]
    hit = [sum(not np.isfinite(tensor).all() for tensor in same) for same in zip(*of_seeds)]
    assert hit[0] > 2 * max(hit[1:])


# --- Overflow --------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_products_are_near_the_largest_number_and_beyond_it(dtype):
    largest, inside, beyond = format_of(dtype).largest, 0, 0
    for seed in SEEDS:
        tensors = drawn("overflowing", seed, dtype)[1]
        assert all(np.isfinite(tensor).all() for tensor in tensors)
        # Scaled, because float64 itself overflows.
        half = 2.0 ** -(EXPONENTS[POLICIES[dtype].computed][0] // 2)
        sums = (np.abs(tensors.inputs) * half) @ (np.abs(tensors.kernel) * half)
        inside += int((sums < largest * half * half).all(axis=(1, 2)).sum())
        beyond += int((sums > largest * half * half).any(axis=(1, 2)).sum())
    # Of samples, each with several steps, of which one decides.
    assert beyond > len(SEEDS)
    assert inside > len(SEEDS) / 10


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_products_of_a_sample_have_one_sign_and_those_of_a_batch_both(dtype):
    signs = set()
    for seed in SEEDS:
        _, tensors = drawn("overflowing", seed, dtype)
        assert (tensors.kernel >= 0).all()
        of_samples = np.sign(tensors.inputs).reshape(SIZE.N, -1)
        for row in of_samples:
            assert len({*row.tolist()} - {0.0}) == 1
        signs |= {float(row.sum()) > 0 for row in of_samples}
    assert signs == {True, False}


# --- Zeros -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_about_half_of_the_entries_are_zero_and_these_have_both_signs(dtype):
    entries = np.concatenate(
        [t.ravel() for seed in SEEDS for t in drawn("signed_zeros", seed, dtype)[1]]
    )
    zeros = entries[entries == 0]
    assert 0.45 < len(zeros) / len(entries) < 0.55
    assert 0.45 < np.signbit(zeros).mean() < 0.55
    for seed in SEEDS:
        assert all(np.isfinite(t).all() for t in drawn("signed_zeros", seed, dtype)[1])


# --- Subnormals ------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_inputs_and_biases_are_around_the_smallest_normal_number_and_kernels_are_not(dtype):
    form, subnormal, normal = format_of(dtype), 0, 0
    for seed in SEEDS:
        _, tensors = drawn("subnormal", seed, dtype)
        for tensor in (tensors.inputs, tensors.bias, tensors.dense_bias):
            size = np.abs(tensor)
            assert size.max() < 32 * form.smallest_normal
            subnormal += int(((size > 0) & (size < form.smallest_normal)).sum())
            normal += int((size >= form.smallest_normal).sum())
        for tensor in (tensors.kernel, tensors.recurrent_kernel, tensors.dense_kernel):
            assert np.abs(tensor).max() > 2.0**10 * form.smallest_normal
    # So many that flushing shows, and so many that it is not all that shows.
    assert subnormal > normal > len(SEEDS)


@pytest.mark.parametrize("format", EXPONENTS)
def test_the_exponents_are_those_of_the_format(format):
    largest, smallest = EXPONENTS[format]
    assert 2.0**largest <= FORMATS[format].largest < 2.0**largest * 2
    assert 2.0**smallest == FORMATS[format].smallest_normal


# --- The strategy ----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", EXTREMES)
def test_extreme_cases_are_of_their_dtype_and_kind_and_size(kind, dtype):
    sizes = dimensions(
        SIMPLE_RNN, max_samples=2, max_units=3, activations=("relu",), max_time_steps=4
    )

    @settings(deadline=None, max_examples=15)
    @given(extreme_cases(kind, sizes, dtype=dtype))
    def check(case):
        assert (case.dtype, case.texture, case.activation) == (dtype, kind, "relu")
        assert case.N <= 2
        assert case.M <= 3

    check()


def test_an_unknown_kind_or_dtype_lists_those_there_are():
    with pytest.raises(InvalidArgument) as refused:
        extreme_cases("huge", dimensions(SIMPLE_RNN))
    assert str(refused.value) == (
        "kind='huge': must be one of not_finite, overflowing, signed_zeros, subnormal"
    )
    with pytest.raises(InvalidArgument) as refused:
        extreme_cases("subnormal", dimensions(SIMPLE_RNN), dtype="half")
    assert str(refused.value) == f"dtype='half': must be one of {', '.join(DTYPES)}"
