"""The bound where numbers are stored in 16 bits, sums are narrow, or operands are cut.

An evaluation of `oracles_narrow` does what `Arithmetic` allows and nothing else: one outside the
bound proves the bound wrong.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles_activated import a_case
from oracles_narrow import ORDERS, SHAPES, evaluate
from oracles_narrow import truncated as towards_zero

import oracles
from conformance.cells import SIMPLE_RNN
from conformance.expected.comparison import compare, informative
from conformance.expected.end import _amplification, propagated_output
from conformance.expected.steps import residual_output, residual_state
from conformance.numerics.activations import ACTIVATIONS
from conformance.numerics.arithmetic import IEEE, narrow_sums, tensor_float_32, truncated
from conformance.numerics.bounded import INFLATION
from conformance.numerics.sums import affine
from strategies import Case, Dimensions, cases, dimensions
from strategies.cases import case_of
from strategies.dtypes import POLICIES
from strategies.special_values import EXTREMES

NARROW = ("float16", "bfloat16", "mixed_float16", "mixed_bfloat16")
ROWS = [*IEEE.values(), *(narrow_sums(IEEE[dtype]) for dtype in NARROW)]
ROWS += [tensor_float_32(IEEE["float32"]), truncated(IEEE["bfloat16"])]
SMALL = dimensions(
    SIMPLE_RNN, max_samples=2, max_time_steps=4, max_features=5, max_units=5, max_outputs=2
)
MEDIUM = dimensions(
    SIMPLE_RNN,
    max_samples=3,
    max_time_steps=12,
    max_features=24,
    max_units=24,
    activations=tuple(ACTIVATIONS),
    dense_activations=tuple(ACTIVATIONS),
)


def ways():
    return st.fixed_dictionaries(
        {
            "shape": st.sampled_from(SHAPES),
            "order": st.sampled_from(ORDERS),
            "seed": st.integers(0, 2**16),
        }
    )


def row_of(dtype, narrow):
    """The row for evaluations that never flush, which is the sharper one."""
    row = replace(IEEE[dtype], flushes_subnormals=False)
    return narrow_sums(row) if narrow else row


def accumulation_of(dtype, narrow):
    return POLICIES[dtype].computed if narrow else "float32"


def shares(case, row, states, outputs):
    """What an evaluation uses of the residual bounds and of the propagated one."""
    return (
        compare("state", states, residual_state(case, states, row)).worst,
        compare("output", outputs, residual_output(case, states, row)).worst,
        compare("output", outputs[:, -1], propagated_output(case, row)).worst,
    )


# --- 16-bit storage --------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [SMALL, MEDIUM], ids=["small", "medium"])
@pytest.mark.parametrize("narrow", [False, True], ids=["sums in float32", "narrow sums"])
@pytest.mark.parametrize("dtype", NARROW)
def test_no_way_to_compute_in_16_bits_is_outside_the_bound(dtype, narrow, sizes):
    row = row_of(dtype, narrow)

    @settings(deadline=None, max_examples=120)
    @given(cases(dtype=dtype, sizes=sizes), ways())
    def check(case, how):
        with np.errstate(all="ignore"):  # an exponential of an exponential overflows
            states, outputs = evaluate(case, accumulation_of(dtype, narrow), how)
            assert max(shares(case, row, states, outputs)) <= 1

    check()


@pytest.mark.parametrize("narrow", [False, True], ids=["sums in float32", "narrow sums"])
@pytest.mark.parametrize("dtype", NARROW)
def test_what_becomes_subnormal_when_it_is_stored_is_within_the_bound(dtype, narrow):
    row, size = row_of(dtype, narrow), Dimensions(SIMPLE_RNN, 4, 3, 3, 3, 3, activation="linear")
    subnormal, smallest = 0, row.storage.smallest_normal
    for seed in range(40):
        tensors = EXTREMES["subnormal"](np.random.default_rng(seed), size, dtype)
        case = case_of(tensors.astype(dtype), size, dtype)
        how = {"shape": SHAPES[seed % 5], "order": ORDERS[seed % 3], "seed": seed}
        states, outputs = evaluate(case, accumulation_of(dtype, narrow), how)
        assert max(shares(case, row, states, outputs)) <= 1
        subnormal += int(((outputs != 0) & (np.abs(outputs) < smallest)).sum())
    assert subnormal > 300


@pytest.mark.parametrize("dtype", NARROW)
def test_the_truth_is_within_the_bound_of_what_was_computed_and_of_the_reference(dtype):
    row = row_of(dtype, narrow=False)
    for seed in range(12):
        texture = ("normal", "glorot", "cancelling", "saturating")[seed % 4]
        case = a_case(texture, seed, dtype, 2, 3, 3, 4, 2)
        how = {"shape": SHAPES[seed % 5], "order": ORDERS[seed % 3], "seed": seed}
        states, outputs = evaluate(case, "float32", how)
        exact = Case(SIMPLE_RNN, case.as_computed)
        steps, last = residual_state(case, states, row), propagated_output(case, row)
        true_steps = oracles.true_step(exact, states.astype(float))
        true_last = oracles.true_dense(exact, oracles.true_states(exact)[:, -1])
        for got, truth, bounded in (
            (states, true_steps, steps),
            (outputs[:, -1], true_last, last),
        ):
            assert oracles.all_within(got, truth, bounded.bound)
            assert oracles.all_within(bounded.value, truth, bounded.bound)


@pytest.mark.parametrize("dtype", NARROW)
def test_sums_in_16_bits_are_outside_the_bound_for_sums_in_float32(dtype):
    row, how = row_of(dtype, narrow=False), {"shape": "together", "order": "sequential", "seed": 0}
    case = a_case("normal", 0, dtype, 8, 2, 64, 8, 2)
    assert max(shares(case, row, *evaluate(case, "float32", how))) <= 1
    assert shares(case, row, *evaluate(case, POLICIES[dtype].computed, how))[0] > 1


@pytest.mark.parametrize("narrow", [False, True], ids=["sums in float32", "narrow sums"])
@pytest.mark.parametrize("dtype", NARROW)
def test_half_of_each_bound_is_violated_by_some_way_to_compute(dtype, narrow):
    row, worst = row_of(dtype, narrow), np.zeros(3)
    for seed in range(40):
        case = a_case("normal", seed, dtype, 20, 2, 1, 1, 2)
        how = {"shape": SHAPES[seed % 5], "order": ORDERS[seed % 3], "seed": seed}
        states, outputs = evaluate(case, accumulation_of(dtype, narrow), how)
        worst = np.maximum(worst, shares(case, row, states, outputs))
    assert (worst > 0.5).all()
    assert (worst <= 1).all()


@pytest.mark.parametrize("dtype", NARROW)
def test_the_propagated_bound_of_a_short_case_is_informative(dtype):
    for seed in range(10):
        case = a_case("glorot", seed, dtype, 4, 3, 4, 5, 2)
        assert informative(propagated_output(case, IEEE[dtype]).bound, case)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.dtype}, {row.describe()}")
def test_an_operand_that_is_off_adds_no_more_than_the_amplification_says(row):
    # The propagated bound rests on this, at each step.
    rng = np.random.default_rng(0)
    for n in (1, 2, 5, 20):
        operand, weight = rng.standard_normal((30, n)), rng.standard_normal((n, 4))
        bias, split = rng.standard_normal(4), n // 2
        off = 10.0 ** rng.uniform(-3, 3, (30, 1)) * rng.random((30, n))
        slightly = np.full_like(off, row.storage.smallest_subnormal)
        at_rest = affine(operand, weight, bias, row, slightly, split).bound
        moved = affine(operand, weight, bias, row, off, split).bound
        carried = off @ np.abs(weight)
        assert (carried + moved <= carried * _amplification(n + 1, row) * INFLATION + at_rest).all()


@pytest.mark.parametrize("dtype", ["bfloat16", "mixed_bfloat16"])
def test_products_that_are_cut_when_stored_are_inside_the_bound_for_them_alone(dtype):
    row, outside, worst = row_of(dtype, narrow=False), 0, 0.0
    for seed in range(80):
        case = a_case("normal", seed, dtype, 10, 3, 1 + seed % 5, 1 + seed % 6, 2)
        how = {"shape": ("apart", "bias last")[seed % 2], "order": ORDERS[seed % 3], "seed": seed}
        states, outputs = evaluate(case, "float32", {**how, "keep": towards_zero})
        worst = max(worst, *shares(case, truncated(row), states, outputs))
        outside += max(shares(case, row, states, outputs)) > 1
    assert 0.5 < worst <= 1
    assert outside > 0


# --- Operands that are cut -------------------------------------------------------------------


def cut(a, truncated):
    """A float32 with 11 significant bits, rounded or truncated as TensorFloat-32 may do."""
    bits = np.ascontiguousarray(a, np.float32).view(np.uint32)
    half = 0 if truncated else np.uint32(0x0FFF) + ((bits >> 13) & 1)
    return ((bits + half) & np.uint32(0xFFFFE000)).view(np.float32)


def evaluate_cut(case, truncated, order, seed):
    """In float32, with operands of products cut to 11 bits."""
    rng, h, states = np.random.default_rng(seed), np.zeros((case.N, case.M), np.float32), []
    weight = cut(np.concatenate([case.kernel, case.recurrent_kernel]), truncated)
    for t in range(case.T):
        operand = cut(np.concatenate([case.inputs[:, t], h], axis=-1), truncated)
        h = oracles.tanh(oracles.affine(operand, weight, case.bias, order, rng))
        states.append(h)
    states, dense_kernel = np.stack(states, axis=1), cut(case.dense_kernel, truncated)
    return states, oracles.affine(cut(states, truncated), dense_kernel, case.dense_bias, order, rng)


@pytest.mark.parametrize("truncated", [False, True], ids=["rounded", "truncated"])
def test_cut_operands_are_inside_the_bound_for_them_and_outside_that_of_float32(truncated):
    row, worst = tensor_float_32(IEEE["float32"]), 0.0
    for seed in range(40):
        texture = ("normal", "glorot", "cancelling", "one_hot")[seed % 4]
        case = a_case(texture, seed, "float32", 3, 5, 1 + seed % 7, 1 + seed % 9, 2)
        states, outputs = evaluate_cut(case, truncated, oracles.ORDERS[seed % 7], seed)
        worst = max(worst, *shares(case, row, states, outputs))
        if texture == "normal":
            assert shares(case, IEEE["float32"], states, outputs)[0] > 1
    assert (0.5 if truncated else 0.25) < worst <= 1


def test_ordinary_float32_is_inside_the_bound_for_cut_operands_too():
    row = tensor_float_32(IEEE["float32"])
    for seed in range(10):
        case = a_case("normal", seed, "float32", 3, 5, 4, 6, 2)
        assert max(shares(case, row, *oracles.evaluate(case, "random", seed))) <= 1
