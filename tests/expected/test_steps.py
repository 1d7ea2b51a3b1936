"""The bound is sound, no evaluation that rounds correctly is outside, and half of it is not.

Truth is rational or has 50 digits. The reference value is itself a rounded evaluation, and the
bound is to cover both: where both are measured, their errors are added.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles_activated import a_case

import oracles
from conformance.cells import SIMPLE_RNN
from conformance.expected.comparison import compare, informative
from conformance.expected.end import propagated_output
from conformance.expected.steps import residual_output, residual_state
from conformance.numerics.arithmetic import IEEE
from conformance.numerics.bounded import INFLATION
from conformance.numerics.sums import affine
from strategies import TEXTURES, cases, dimensions

DTYPES = ("float32", "float64")
#: What each row of `IEEE` allows for tanh, less the rounding that follows the perturbation.
TANH_ULPS = {"float32": 7, "float64": 10}
SMALL = dimensions(
    SIMPLE_RNN, max_samples=2, max_time_steps=4, max_features=4, max_units=4, max_outputs=2
)
MEDIUM = dimensions(SIMPLE_RNN, max_samples=3, max_time_steps=16, max_units=16, max_features=12)


def evaluations():
    """How an implementation may compute: order, seed of random orders, tanh, flushing."""
    return st.fixed_dictionaries(
        {
            "order": st.sampled_from(oracles.ORDERS),
            "seed": st.integers(0, 2**16),
            "tanh_ulps": st.sampled_from([0, -1, 1]),
            "flushes": st.booleans(),
        }
    )


def evaluate(case, how):
    return oracles.evaluate(case, **{**how, "tanh_ulps": how["tanh_ulps"] * TANH_ULPS[case.dtype]})


def wide(*arrays):
    return [a.astype(float) for a in arrays]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("texture", TEXTURES)
def test_affine_sums_in_every_order_are_within_the_bound(texture, dtype):
    for seed in range(6):
        case = a_case(texture, seed, dtype, 2, 1, 1 + 3 * seed, 1 + seed, 2)
        states, _ = oracles.evaluate(case)
        for operand, weight, bias in (
            (case.inputs, case.kernel, case.bias),
            (states, case.recurrent_kernel, case.bias),
            (states, case.dense_kernel, case.dense_bias),
        ):
            truth = oracles.exact_affine(operand, weight, bias)
            bounded = affine(*wide(operand, weight, bias), IEEE[dtype])
            own_error = abs(oracles.as_fractions(bounded.value) - truth)
            rng = np.random.default_rng(seed)
            for order in (*oracles.ORDERS, "random"):
                got = oracles.affine(operand, weight, bias, order, rng)
                error = abs(oracles.as_fractions(got) - truth) + own_error
                assert (error <= oracles.as_fractions(bounded.bound * INFLATION)).all(), order


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_operand_that_is_off_is_within_the_bound_for_such_operands(dtype):
    rng = np.random.default_rng(0)
    for _ in range(100):
        operand, bias = rng.standard_normal((2, 5)), np.ones(3, dtype)
        weight = rng.standard_normal((5, 3)).astype(dtype)
        off = 10.0 ** rng.integers(-8, 1) * rng.random((2, 5)) * (rng.random((2, 5)) < 0.7)
        theirs = (operand + off * rng.choice([-1, 1], (2, 5))).astype(dtype)
        operand_error = np.abs(theirs - operand) * (1 + 2.0**-50)
        bound = affine(operand, *wide(weight, bias), IEEE[dtype], operand_error).bound
        truth = oracles.exact_affine(theirs, weight, bias)
        for order in oracles.ORDERS:
            got = oracles.affine(theirs, weight, bias, order, rng)
            error = abs(oracles.as_fractions(got) - truth)
            assert (error <= oracles.as_fractions(bound * INFLATION)).all(), order


@pytest.mark.parametrize("dtype", DTYPES)
def test_each_step_from_the_own_state_is_within_the_residual_bound(dtype):
    @settings(deadline=None, max_examples=200)
    @given(cases(dtype=dtype, sizes=SMALL), evaluations())
    def check(case, how):
        states, _ = evaluate(case, how)
        truth = oracles.true_step(case, states)
        bounded = residual_state(case, states, IEEE[dtype])
        assert oracles.all_within(states, truth, bounded.bound)
        assert oracles.all_within(bounded.value, truth, bounded.bound)
        assert compare("state", states, bounded).within

    check()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_outputs_from_the_own_states_are_within_the_residual_bound(dtype):
    @settings(deadline=None, max_examples=200)
    @given(cases(dtype=dtype, sizes=SMALL), evaluations())
    def check(case, how):
        states, outputs = evaluate(case, how)
        truth = oracles.true_dense(case, states)
        bounded = residual_output(case, states, IEEE[dtype])
        own_error = abs(oracles.as_mpf(bounded.value) - truth)
        assert (abs(oracles.as_mpf(outputs) - truth) + own_error <= bounded.bound).all()
        assert compare("output", outputs, bounded).within

    check()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_last_output_is_within_the_propagated_bound(dtype):
    @settings(deadline=None, max_examples=250)
    @given(cases(dtype=dtype, sizes=SMALL), evaluations())
    def check(case, how):
        outputs = evaluate(case, how)[1][:, -1]
        truth = oracles.true_dense(case, oracles.true_states(case)[:, -1])
        bounded = propagated_output(case, IEEE[dtype])
        assert oracles.all_within(outputs, truth, bounded.bound)
        assert oracles.all_within(bounded.value, truth, bounded.bound)
        assert compare("output", outputs, bounded).within

    check()


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_order_of_summation_is_outside_in_larger_networks(dtype):
    @settings(deadline=None, max_examples=200)
    @given(cases(dtype=dtype, sizes=MEDIUM), evaluations())
    def check(case, how):
        states, outputs = evaluate(case, how)
        arithmetic = IEEE[dtype]
        assert compare("state", states, residual_state(case, states, arithmetic)).within
        assert compare("output", outputs, residual_output(case, states, arithmetic)).within
        assert compare("output", outputs[:, -1], propagated_output(case, arithmetic)).within

    check()


def test_a_float64_evaluation_is_within_the_bound_for_float32():
    # An implementation may be more precise than its dtype asks.
    for seed in range(20):
        case = a_case("glorot", seed, "float32", 2, 6, 3, 5, 2)
        precise = case.replace(tensors=case.tensors.astype("float64"))
        states, outputs = oracles.evaluate(precise)
        assert compare("state", states, residual_state(case, states, IEEE["float32"])).within
        assert compare("output", outputs[:, -1], propagated_output(case, IEEE["float32"])).within


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_legitimate_order_uses_nearly_all_of_the_affine_bound(dtype):
    # Each 2^-p is half an ulp of 1 and is lost to rounding to even: n u in all, the bound's
    # leading term, so that no smaller multiple of (n - 1) u would be sound.
    arithmetic = IEEE[dtype]
    operand = np.array([[1.0] + [arithmetic.unit_roundoff] * 63], dtype)
    weight, bias = np.ones((64, 1), dtype), np.zeros(1, dtype)
    got = oracles.affine(operand, weight, bias, "given", np.random.default_rng(0))
    truth = oracles.exact_affine(operand, weight, bias)
    error = float(abs(oracles.as_fractions(got) - truth)[0, 0])
    bound = affine(*wide(operand, weight, bias), arithmetic).bound[0, 0]
    # In float64 the reference is allowed as much again.
    assert 0.95 / (1 + (dtype == "float64")) < error / bound <= 1


def test_a_legitimate_operand_uses_nearly_all_of_the_bound_for_operands_that_are_off():
    # The same sum, where the equations' own operand is zero.
    arithmetic = IEEE["float32"]
    theirs = np.array([[1.0] + [arithmetic.unit_roundoff] * 63], "float32")
    weight, bias = np.ones((64, 1), "float32"), np.zeros(1, "float32")
    got = oracles.affine(theirs, weight, bias, "given", np.random.default_rng(0))
    error = float(abs(oracles.as_fractions(got) - oracles.exact_affine(theirs, weight, bias))[0, 0])
    zero, *rest = wide(np.zeros_like(theirs), weight, bias)
    bound = affine(zero, *rest, arithmetic, theirs.astype(float)).bound[0, 0]
    assert 0.95 < error / bound <= 1


def test_a_sum_whose_small_terms_are_lost_is_within_the_bound():
    # 2^24 + 1 + 1 + 1 - 2^24: each 1 is lost, so that a state of tanh 3 = 0.995 comes out as 0.
    # The slope of tanh at 3 says nothing about the slope on the way to 0.
    tensors = ([[[2.0**24, 1, 1, 1, -(2.0**24)]]], [[1]] * 5, [[0.5]], [0], [[1]], [0])
    case = oracles.given_case(tensors)
    states, outputs = oracles.evaluate(case, "given")
    assert states[0, 0, 0] == 0
    assert oracles.evaluate(case, "ascending")[0][0, 0, 0] > 0.99
    assert compare("state", states, residual_state(case, states, IEEE["float32"])).within
    assert compare("output", outputs[:, -1], propagated_output(case, IEEE["float32"])).within


def test_half_of_the_residual_output_bound_is_violated_by_random_orders():
    rng = np.random.default_rng(1)
    worst = 0.0
    for seed in range(60):
        case = a_case("normal", seed, "float32", 40, 1, 1, 1 + seed % 6, 4)
        states = rng.uniform(-1, 1, (40, 1, case.M)).astype("float32")
        bounded = residual_output(case, states, IEEE["float32"])
        outputs = oracles.affine(states, case.dense_kernel, case.dense_bias, "random", rng)
        worst = max(worst, compare("output", outputs, bounded).worst)
    assert 0.5 < worst <= 1


def test_half_of_the_residual_state_bound_is_violated_by_a_tanh_that_is_allowed():
    worst = 0.0
    for seed in range(40):
        case = a_case("glorot", seed, "float32", 4, 4, 2, 3, 1)
        for ulps in (-7, 7):
            states, _ = oracles.evaluate(case, "random", seed, ulps)
            bounded = residual_state(case, states, IEEE["float32"])
            worst = max(worst, compare("state", states, bounded).worst)
    assert 0.5 < worst <= 1


def test_half_of_the_propagated_bound_is_violated_by_errors_that_pull_one_way():
    # One unit, positive throughout: each error of tanh, always upwards, adds to those before.
    worst = 0.0
    for seed in range(40):
        base = a_case("normal", seed, "float32", 4, 5, 1, 1, 1)
        case = base.replace(
            inputs=np.abs(base.inputs),
            kernel=np.abs(base.kernel),
            recurrent_kernel=np.abs(base.recurrent_kernel),
            bias=np.abs(base.bias),
        )
        outputs = oracles.evaluate(case, "random", seed, 7)[1]
        bounded = propagated_output(case, IEEE["float32"])
        worst = max(worst, compare("output", outputs[:, -1], bounded).worst)
    assert 0.5 < worst <= 1


@pytest.mark.parametrize(("dtype", "inside", "outside"), [("float32", 7, 9), ("float64", 15, 17)])
def test_a_tanh_just_outside_its_allowance_is_outside_the_bound(dtype, inside, outside):
    # Every sum of a one-hot case is exact, so that nothing but tanh is allowed for: 8 ulp, or
    # 12 and the 4 by which the reference may be off the other way.
    case = a_case("one_hot", 3, dtype, 2, 3, 4, 5, 2)
    for sign in (-1, 1):
        assert compare_states(case, sign * inside).within
        assert not compare_states(case, sign * outside).within


def test_a_tanh_40_ulp_off_is_outside_wherever_a_unit_is_alive():
    for seed in range(30):
        case = a_case("glorot", seed, "float32", 4, 6, 3, 5, 2)
        for sign in (-1, 1):
            assert compare_states(case, sign * 7).within
            assert not compare_states(case, sign * 40).within


def compare_states(case, tanh_ulps):
    states, _ = oracles.evaluate(case, "random", 0, tanh_ulps)
    return compare("state", states, residual_state(case, states, IEEE[case.dtype]))


def test_the_propagated_bound_of_an_ordinary_case_is_informative():
    for seed in range(30):
        for dtype in DTYPES:
            case = a_case("glorot", seed, dtype, 4, 8, 8, 16, 4)
            assert informative(propagated_output(case, IEEE[dtype]).bound, case)
