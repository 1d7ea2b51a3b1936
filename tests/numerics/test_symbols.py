"""Z with symbols: no evaluation that rounds correctly ends outside, and little room is left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from oracles_rounding import Rounded, Truth, shares
from sequences import FORMS, evaluated, sequence

from conformance.cells import SIMPLE_RNN
from conformance.expected.end import propagated_states
from conformance.numerics.arithmetic import IEEE, narrow_sums
from conformance.numerics.bounded import INFLATION
from conformance.numerics.operations import BoundedNumbers
from conformance.numerics.symbols import propagated
from strategies import Dimensions
from strategies.cases import case_of_seed

ROWS = [("float32", None, False), ("float32", None, True), ("float64", None, False)]
ROWS += [("float16", None, True), ("bfloat16", None, False), ("bfloat16", "bfloat16", False)]
BY_ROW = pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(map(str, row)))
BY_FORM = pytest.mark.parametrize("form", FORMS)


@pytest.fixture(autouse=True)
def _overflow_is_judged_not_warned_of():
    with np.errstate(all="ignore"):
        yield


def arithmetic_of(row):
    dtype, accumulation, flushes = row
    arithmetic = narrow_sums(IEEE[dtype]) if accumulation else IEEE[dtype]
    return replace(arithmetic, flushes_subnormals=flushes)


def at_end(s, arithmetic):
    return propagated(s.cell.step, s.x, s.states, s.w, s.names, arithmetic, s.used)


def largest_share(s, row, seed):
    """Over evaluations in random orders with biased activations, of every state at the end."""
    worst, known = 0.0, at_end(s, arithmetic_of(row))
    truth = evaluated(Truth(), s)
    for off in (-1.0, 1.0, 0.0):
        rng = np.random.default_rng(seed)
        after = evaluated(Rounded(row[0], rng, row[2], row[1], off), s)
        for got, exact, bounded in zip(after, truth, known):
            worst = max(worst, shares(got[:, -1], bounded, exact[:, -1]).max())
    return worst


@BY_ROW
@BY_FORM
def test_the_end_of_a_sequence_is_within_the_bound(form, row):
    for seed in range(12):
        s = sequence(form, seed, row[0], masked=seed % 3 == 2)
        assert largest_share(s, row, seed) <= 1


@pytest.mark.parametrize(
    "names", [("relu", "hard_sigmoid"), ("linear", "sigmoid"), ("softmax", "relu6")], ids=str
)
@BY_FORM
def test_the_end_with_other_activations_is_within_the_bound(form, names):
    if "softmax" in names:  # of which the truth is not known
        return _softmax_is_within(form, names)
    row = ("float32", None, True)
    for seed in range(6):
        s = sequence(form, seed, "float32", names=names[: len(FORMS[form][0].activations)])
        assert largest_share(s, row, seed) <= 1


def _softmax_is_within(form, names):
    for seed in range(6):
        s = sequence(form, seed, "float32", names=names[: len(FORMS[form][0].activations)])
        after = evaluated(Rounded("float32", np.random.default_rng(seed)), s)
        for got, bounded in zip(after, at_end(s, IEEE["float32"])):
            assert (np.abs(got[:, -1] - bounded.value) <= bounded.bound).all()


@BY_FORM
def test_after_one_step_a_fifth_of_the_bound_is_not_enough(form):
    worst = 0.0
    for seed in range(20):
        s = sequence(form, seed, "float32", 1.0, (4, 1, 1, 2))
        worst = max(worst, largest_share(s, ("float32", None, False), seed))
    assert 0.2 < worst <= 1


@BY_FORM
def test_after_one_step_symbols_say_what_bounds_say(form):
    for seed in range(5):
        s = sequence(form, seed, "float32", size=(3, 1, 3, 4))
        ops = BoundedNumbers(IEEE["float32"])
        step = s.cell.step(ops, s.x[:, 0], s.states, s.w, *map(ops.activation, s.names))
        for boxed, symbolic in zip(step, at_end(s, IEEE["float32"])):
            np.testing.assert_array_equal(boxed.value, symbolic.value)
            assert (symbolic.bound <= boxed.bound).all()
            assert (boxed.bound <= symbolic.bound * INFLATION**2).all()


@BY_FORM
def test_symbols_know_after_many_steps_what_bounds_do_not(form):
    s = sequence(form, 0, "float32", 1 / np.sqrt(16), (2, 48, 4, 16))
    ops, states = BoundedNumbers(IEEE["float32"]), s.states
    for t in range(48):
        states = s.cell.step(ops, s.x[:, t], states, s.w, *map(ops.activation, s.names))
    symbolic = at_end(s, IEEE["float32"])
    assert max(bounded.bound.max() for bounded in symbolic) < 1e-3
    assert states[0].bound.max() > 3 * symbolic[0].bound.max()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("texture", ["glorot", "normal", "cancelling", "saturating", "one_hot"])
def test_symbols_are_at_least_as_sharp_as_the_adjoint_of_a_simple_rnn(texture, dtype):
    for seed in range(4):
        case = case_of_seed(Dimensions(SIMPLE_RNN, 3, 8, 5, 8, 2), "float32", texture, seed)
        if dtype != "float32":
            case = case.replace(policy="mixed_bfloat16")
        row = IEEE[case.dtype]
        x, _, initial = case.processed
        w = case.as_computed
        (symbolic,) = propagated(SIMPLE_RNN.step, x, initial, w, ("tanh",), row)
        (adjoint,) = propagated_states(case, row)
        # A bound above 1/2 says nothing of a tanh, and each has its own way to say that.
        assert (symbolic.bound <= adjoint.bound * (1 + 1e-6))[adjoint.bound < 0.5].all()


@BY_FORM
def test_steps_that_are_masked_change_nothing(form):
    s = sequence(form, 1, "float32", size=(2, 6, 3, 4))
    used = np.array([1, 1, 0, 1, 0, 0], bool)
    masked = s._replace(used=np.stack([used, used]))
    shorter = s._replace(x=s.x[:, used], used=s.used[:, used])
    for one, other in zip(at_end(masked, IEEE["float32"]), at_end(shorter, IEEE["float32"])):
        np.testing.assert_array_equal(one.value, other.value)
        assert (np.abs(one.bound - other.bound) <= 1e-9 * other.bound).all()


@BY_FORM
def test_nan_in_a_sample_is_nan_at_its_end_and_says_nothing_of_others(form):
    s = sequence(form, 2, "float32", size=(3, 5, 2, 3))
    x = s.x.copy()
    x[1, 2, 0] = np.nan
    plain, known = at_end(s, IEEE["float32"]), at_end(s._replace(x=x), IEEE["float32"])
    for bounded, before in zip(known, plain):
        assert np.isnan(bounded.value[1]).all()
        np.testing.assert_array_equal(bounded.bound[[0, 2]], before.bound[[0, 2]])


@BY_FORM
def test_after_a_state_that_may_overflow_nothing_is_known(form):
    names = ("linear", "sigmoid")[: len(FORMS[form][0].activations)]
    s = sequence(form, 3, "float32", 40.0, (2, 60, 2, 3), names=names)
    after = evaluated(Rounded("float32", np.random.default_rng(0)), s)
    known = at_end(s, IEEE["float32"])
    for got, bounded in zip(after, known):
        same = (got[:, -1] == bounded.value) | (np.isnan(got[:, -1]) & np.isnan(bounded.value))
        off = np.abs(got[:, -1] - bounded.value)
        assert (same | np.isinf(bounded.bound) | (off <= bounded.bound)).all()
        assert not np.isnan(bounded.bound).any()
