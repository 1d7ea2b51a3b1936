"""The bound of each operation: no way to compute is outside, and half of the bound is not enough.

An operand is known up to a bound, and what the implementation has for it lies anywhere within. It
goes on from there with roundings of its own. Its error and that of the reference, from a truth of
50 digits, are to be within the bound together.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from oracles_gated import weights_of
from oracles_narrow import nearest
from oracles_rounding import Rounded, Truth, shares

import oracles
from conformance.cells.gru import GRU
from conformance.cells.lstm import LSTM
from conformance.numerics.arithmetic import IEEE, narrow_sums
from conformance.numerics.bounded import Bounded
from conformance.numerics.operations import BoundedNumbers, Numbers

FORMATS = ("float32", "float64", "float16", "bfloat16")
#: Storage, accumulation, and whether subnormals are flushed.
ROWS = [(dtype, None, flushes) for dtype in FORMATS for flushes in (False, True)]
ROWS += [(dtype, dtype, False) for dtype in ("float16", "bfloat16")]
BY_ROW = pytest.mark.parametrize(
    "row", ROWS, ids=[f"{d}{' narrow' * bool(a)}{' flushing' * f}" for d, a, f in ROWS]
)
TRUTH = Truth()


@pytest.fixture(autouse=True)
def _overflow_is_judged_not_warned_of():
    with np.errstate(all="ignore"):
        yield


def bounded_numbers(row):
    dtype, accumulation, flushes = row
    arithmetic = narrow_sums(IEEE[dtype]) if accumulation else IEEE[dtype]
    return BoundedNumbers(replace(arithmetic, flushes_subnormals=flushes))


def rounded(row, seed, **how):
    dtype, accumulation, flushes = row
    return Rounded(dtype, np.random.default_rng(seed), flushes, accumulation, **how)


def number(rng, dtype, shape=(4, 5), span=None, off=None):
    """A bounded number, and one of the format within its bound, as an implementation has it."""
    storage = IEEE[dtype].storage
    # Each array has one scale: near 1, spread, or down to where products underflow.
    lowest = np.log10(storage.smallest_subnormal) / 2
    span = rng.choice([0.0, 2.0, -lowest]) if span is None else span
    theirs = rng.standard_normal(shape) * 10.0 ** rng.uniform(-span, min(span, 2), shape)
    theirs = nearest(theirs, dtype).astype(float) if dtype != "float64" else theirs
    off = rng.choice(["exact", "rounded", "far"]) if off is None else off
    if off == "exact":
        return Bounded(theirs, np.zeros(shape)), theirs
    relative = 3 * storage.unit_roundoff if off == "rounded" else 10.0 ** rng.uniform(-3, 1)
    value = theirs + np.abs(theirs) * rng.uniform(-1, 1, shape) * relative
    value = np.where(rng.random(shape) < 0.2, theirs, value)
    return Bounded(value, np.vectorize(_distance)(theirs, value)), theirs


def _distance(a, b):
    """The least float64 that |a − b| does not exceed."""
    exact = abs(Fraction(a) - Fraction(b))
    near = float(exact)
    return near if Fraction(near) >= exact else float(np.nextafter(near, np.inf))


def largest_share(row, operation, operands, seeds, **how):
    """Of `operation`, for operands of those spans and offs, over some evaluations."""
    ops, worst = bounded_numbers(row), 0.0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        pairs = [number(rng, row[0], **kind) for kind in operands]
        bounded = operation(ops, *(pair[0] for pair in pairs))
        truth = operation(TRUTH, *(pair[0].value for pair in pairs))
        for again in range(3):
            theirs = operation(rounded(row, 7 * seed + again, **how), *(p[1] for p in pairs))
            worst = max(worst, shares(theirs, bounded, truth).max())
    return worst


OPERATIONS = {
    "product": (lambda ops, a, b: ops.times(a, b), 2),
    "sum": (lambda ops, a, b: ops.plus(a, b), 2),
    "product and addend": (lambda ops, a, b, c: ops.plus(ops.times(a, b), c), 3),
    "two products": (lambda ops, a, b, c, d: ops.plus(ops.times(a, b), ops.times(c, d)), 4),
    "blend": (lambda ops, a, b, c: ops.blend(a, b, c), 3),
}


@BY_ROW
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_in_any_of_its_forms_is_within_the_bound(name, row):
    operation, n = OPERATIONS[name]
    assert largest_share(row, operation, [{}] * n, range(30)) <= 1


@BY_ROW
@pytest.mark.parametrize("name", ["product", "sum", "two products"])
def test_half_of_the_bound_of_an_operation_is_not_enough(name, row):
    operation, n = OPERATIONS[name]
    plain = [{"span": 0.0, "off": "exact", "shape": (40, 5)}] * n
    enough = 0.5 if row[0] != "float64" else 0.4  # the reference is allowed half of it
    assert largest_share(row, operation, plain, range(10)) > enough


@BY_ROW
@pytest.mark.parametrize("name", ["product", "sum", "blend"])
def test_half_of_what_operands_move_an_operation_by_is_not_enough(name, row):
    operation, n = OPERATIONS[name]
    far = [{"span": 0.0, "off": "far", "shape": (20, 5)}] * n
    assert largest_share(row, operation, far, range(10)) > 0.5


@pytest.mark.parametrize("dtype", FORMATS)
def test_a_blend_whose_z_is_off_moves_by_the_difference_alone(dtype):
    # Taken apart into products and a sum, the bound would be 200 times as large.
    ops = bounded_numbers((dtype, None, False))
    z = Bounded(np.array([0.5]), np.array([0.25]))
    bound = ops.blend(z, np.array([1.0]), np.array([1.0])).bound
    assert bound < 20 * ops.unit


@BY_ROW
def test_a_longer_product_is_within_the_bound_in_either_association(row):
    near = [{"span": 0.0}] * 3
    ops, worst = bounded_numbers(row), 0.0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        (a, x), (b, y), (c, z) = (number(rng, row[0], **kind) for kind in near)
        bounded = ops.times(ops.times(a, b), c)
        truth = TRUTH.times(TRUTH.times(a.value, b.value), c.value)
        theirs = rounded(row, seed)
        for got in (theirs.times(theirs.times(x, y), z), theirs.times(x, theirs.times(y, z))):
            worst = max(worst, shares(got, bounded, truth).max())
    assert worst <= 1


# --- Sums of products ------------------------------------------------------------------------

#: How many operands, how many biases, how many addends that are known up to a bound.
SUMS = [(1, 1, 0), (2, 1, 0), (2, 2, 0), (1, 1, 1), (2, 2, 1), (3, 1, 0), (3, 2, 2), (1, 0, 0)]


def a_sum(rng, row, terms, n=(1, 3), m=2, **kind):
    """Of that many terms: bounded operands and theirs, weights, bounded addends and theirs."""
    operands, biases, addends = terms
    pairs = [number(rng, row[0], (3, n[k % 2]), **kind) for k in range(operands)]
    weights = [number(rng, row[0], (n[k % 2], m), off="exact")[1] for k in range(operands)]
    more = [(bias, bias) for _, bias in (number(rng, row[0], (1, m)) for _ in range(biases))]
    more = [(bias[0], bias[0]) for bias, _ in more]
    more += [number(rng, row[0], (3, m), **kind) for _ in range(addends)]
    return pairs, weights, more


def share_of_sum(row, pairs, weights, more, seed):
    bounded = bounded_numbers(row).affine([p[0] for p in pairs], weights, *(a[0] for a in more))
    values = [a[0].value if isinstance(a[0], Bounded) else a[0] for a in more]
    truth = TRUTH.affine([p[0].value for p in pairs], weights, *values)
    theirs = rounded(row, seed).affine([p[1] for p in pairs], weights, *(a[1] for a in more))
    return shares(theirs, bounded, truth).max()


@BY_ROW
@pytest.mark.parametrize("terms", SUMS, ids=str)
def test_a_sum_of_products_and_addends_in_any_order_is_within_the_bound(terms, row):
    for seed in range(30):
        rng = np.random.default_rng(seed)
        size = (int(rng.integers(1, 6)), int(rng.integers(1, 6)))
        assert share_of_sum(row, *a_sum(rng, row, terms, size), seed) <= 1


@pytest.mark.parametrize("row", [("float16", None, False), ("bfloat16", None, False)], ids=str)
@pytest.mark.parametrize("terms", [(2, 1, 0), (2, 2, 0), (1, 1, 1)], ids=str)
def test_half_of_the_bound_of_a_sum_that_is_stored_narrow_is_not_enough(terms, row):
    worst = 0.0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        parts = a_sum(rng, row, terms, (1, 1), span=0.0, off="exact")
        worst = max(worst, share_of_sum(row, *parts, seed))
    assert 0.5 < worst <= 1


def test_two_biases_that_cancel_are_two_terms():
    # x + b + b' in this order rounds by an ulp of b, though b + b' is 0.
    big, x = np.array([2.0**24]), np.array([[1.5]])
    ops, one = bounded_numbers(("float32", None, False)), np.ones((1, 1))
    got = (np.float32(1.5) + np.float32(2**24)) - np.float32(2**24)
    bounded = ops.affine((x,), (one,), big, -big)
    assert abs(got - 1.5) == 0.5
    assert bounded.bound[0, 0] >= 0.5


def test_an_addend_known_up_to_a_bound_moves_the_sum_by_it():
    ops = bounded_numbers(("float32", None, False))
    addend = Bounded(np.array([[0.5, 0.25]]), np.array([[0.125, 0.0]]))
    bound = ops.affine((np.ones((1, 1)),), (np.ones((1, 2)),), np.zeros(2), addend).bound
    assert bound[0, 0] > 0.125
    assert bound[0, 0] < 0.1251
    assert bound[0, 1] == 0


# --- Steps of cells --------------------------------------------------------------------------

CELLS = {"lstm": (LSTM, {}), "gru": (GRU, {}), "gru, reset before": (GRU, {"reset_after": False})}


@BY_ROW
@pytest.mark.parametrize("form", CELLS)
def test_a_step_of_a_cell_in_any_order_is_within_the_bound(form, row):
    cell, options = CELLS[form]
    ops, dtype, worst = bounded_numbers(row), row[0], 0.0
    for seed in range(24):
        rng = np.random.default_rng(seed)
        D, M = int(rng.integers(1, 4)), int(rng.integers(1, 4))
        w = weights_of(cell, D, M, rng, 10.0 ** rng.uniform(-1, 0.5), "float16", **options)
        w = SimpleNamespace(**{k: nearest(v, dtype).astype(float) for k, v in vars(w).items()})
        x = number(rng, dtype, (2, D), span=0.0, off="exact")[1]
        pairs = [number(rng, dtype, (2, M), span=0.0) for _ in cell.states]

        def step(ops, states, w=w, x=x):
            names = [name for _, name in cell.activations]
            return cell.step(ops, x, states, w, *map(ops.activation, names))

        bounded = step(ops, [pair[0] for pair in pairs])
        truth = step(TRUTH, [pair[0].value for pair in pairs])
        for off in (-1, 0, 1):
            theirs = step(rounded(row, seed, off=off), [pair[1] for pair in pairs])
            for got, known, exact in zip(theirs, bounded, truth):
                worst = max(worst, shares(got, known, exact).max())
    assert 0.1 < worst <= 1


# --- What is exact ---------------------------------------------------------------------------


@BY_ROW
@pytest.mark.parametrize("name", OPERATIONS)
def test_what_is_said_to_be_exact_is_so_in_every_form(name, row):
    operation, n = OPERATIONS[name]
    ops, exact, all_of_them = bounded_numbers(row), 0, 0
    p = IEEE[row[0]].storage.precision
    for seed in range(60):
        rng = np.random.default_rng(seed)
        bits, scales = rng.integers(1, p, n), 2.0 ** rng.integers(-p // 2, p // 2, n)
        numbers = [rng.integers(-(2**b), 2**b + 1, (4, 5)) * s for b, s in zip(bits, scales)]
        bounded = operation(ops, *numbers)
        certain = bounded.bound == 0
        for again in range(3):
            got = operation(rounded(row, 5 * seed + again), *numbers)
            assert (got == bounded.value)[certain].all()
        exact, all_of_them = exact + certain.sum(), all_of_them + certain.size
    assert 0.05 < exact / all_of_them < 0.95


@pytest.mark.parametrize("dtype", FORMATS)
def test_gates_that_are_switches_and_small_integers_round_nowhere(dtype):
    # Beyond the clip of hard_sigmoid gates are 0 or 1; the rest adds and copies small integers.
    rng, ops, M = np.random.default_rng(0), BoundedNumbers(IEEE[dtype]), 3
    for cell, options in CELLS.values():
        w = weights_of(cell, 2, M, rng, **options)
        w = SimpleNamespace(**{name: np.sign(np.round(a)) for name, a in vars(w).items()})
        first = w.bias if w.bias.ndim == 1 else w.bias[0]
        gates = slice(0, 2 * M)  # of LSTM the input and forget gates, of GRU both gates
        w.kernel[:, gates], w.recurrent_kernel[:, gates] = 0, 0
        if w.bias.ndim == 2:
            w.bias[1, gates] = 0
        first[gates] = rng.choice([-8, 8], 2 * M)
        if cell is LSTM:
            w.kernel[:, 3 * M :], w.recurrent_kernel[:, 3 * M :], first[3 * M :] = 0, 0, 8
        states = [rng.integers(-3, 4, (2, M)).astype(float) for _ in cell.states]
        names = ("linear", "hard_sigmoid")
        values = states
        for _ in range(3):
            x = rng.integers(-2, 3, (2, 2)).astype(float)
            states = cell.step(ops, x, states, w, *map(ops.activation, names))
            values = cell.step(Numbers(), x, values, w, *map(Numbers().activation, names))
            for state, value in zip(states, values):
                assert (state.bound == 0).all()
                np.testing.assert_array_equal(state.value, value)


def test_a_factor_that_is_zero_leaves_nothing_of_a_factor_that_is_off():
    ops = bounded_numbers(("float32", None, True))
    product = ops.times(np.zeros(1), Bounded(np.array([3.0]), np.array([0.5])))
    assert (product.value[0], product.bound[0]) == (0, 0)


@pytest.mark.parametrize("name", ["relu", "relu6", "hard_sigmoid", "hard_sigmoid_keras_2"])
def test_what_is_clipped_has_no_error_though_its_argument_has(name):
    ops = bounded_numbers(("float32", None, True))
    z = Bounded(np.array([-8.0, -8.0, 8.0]), np.array([1.0, 9.0, 1.0]))
    low, near, high = ops.activation(name)(z).bound
    assert low == 0
    assert near > 0
    assert (high == 0) == (name != "relu")


# --- NaN and infinity ------------------------------------------------------------------------

SPECIAL = (0.0, 1.0, -2.5, 1e-40, 3e38, -3e38, np.inf, -np.inf, np.nan)


@pytest.mark.parametrize("flushes", [False, True])
@pytest.mark.parametrize("name", OPERATIONS)
def test_of_what_may_be_nan_or_overflow_no_finite_bound_is_given(name, flushes):
    operation, n = OPERATIONS[name]
    row = ("float32", None, flushes)
    ops, rng = bounded_numbers(row), np.random.default_rng(0)
    certain = 0
    for seed in range(300):
        numbers = [rng.choice(SPECIAL, 8) for _ in range(n)]
        numbers = [nearest(a, "float32").astype(float) for a in numbers]
        bounded = operation(ops, *numbers)
        assert not np.isnan(bounded.bound).any()
        for again in range(3):
            got = operation(rounded(row, 3 * seed + again), *numbers)
            same = (got == bounded.value) | (np.isnan(got) & np.isnan(bounded.value))
            off = np.abs(got - bounded.value) <= bounded.bound
            assert (same | off | np.isinf(bounded.bound)).all()
        certain += (bounded.bound == 0).sum()
    assert certain > 300


@pytest.mark.parametrize("name", OPERATIONS)
def test_of_an_operand_that_nothing_is_known_of_nothing_is_known(name):
    operation, n = OPERATIONS[name]
    ops = bounded_numbers(("float32", None, False))
    unknown, known = Bounded(np.ones(1), np.array([np.inf])), np.array([2.0])
    for place in range(n):
        numbers = [unknown if k == place else known for k in range(n)]
        assert np.isinf(operation(ops, *numbers).bound).all()
        numbers = [unknown if k == place else np.zeros(1) for k in range(n)]
        assert np.isinf(operation(ops, *numbers).bound).all()  # infinity times 0 is NaN
        numbers = [unknown if k == place else np.array([np.nan]) for k in range(n)]
        assert operation(ops, *numbers).bound == 0


def test_of_a_sum_with_an_operand_or_addend_that_nothing_is_known_of_nothing_is_known():
    ops, one = bounded_numbers(("float32", None, False)), np.ones((1, 1))
    unknown = Bounded(one, np.array([[np.inf]]))
    addend = Bounded(np.ones((1, 2)), np.array([[np.inf, 0.0]]))
    assert np.isinf(ops.affine((unknown,), (np.zeros((1, 2)),)).bound).all()
    assert np.isinf(ops.affine((one,), (np.ones((1, 2)),), addend).bound).tolist() == [
        [True, False]
    ]
    nan = np.full((1, 1), np.nan)
    assert ops.affine((unknown, nan), (one, one)).bound == 0


def test_an_infinite_addend_leaves_the_other_units_alone():
    ops = bounded_numbers(("float32", None, False))
    addend = Bounded(np.array([[np.inf, 1.0]]), np.zeros((1, 2)))
    total = ops.affine((np.ones((1, 1)),), (np.ones((1, 2)),), addend)
    assert total.value.tolist() == [[np.inf, 2.0]]
    assert total.bound.tolist() == [[0.0, 0.0]]


def test_the_sum_of_an_infinite_weight_and_an_operand_near_zero_is_not_known():
    ops = bounded_numbers(("float32", None, False))
    near = Bounded(np.zeros((1, 1)), np.full((1, 1), 1e-3))
    assert np.isinf(ops.affine((near,), (np.full((1, 1), np.inf),)).bound).all()


def test_an_operand_that_is_off_may_make_a_sum_overflow():
    ops = bounded_numbers(("float32", None, False))
    far = Bounded(np.ones((1, 1)), np.full((1, 1), 4e38))
    assert np.isinf(ops.affine((far,), (np.ones((1, 1)),)).bound).all()


def test_numbers_agree_with_the_truth_to_their_own_precision():
    rng = np.random.default_rng(0)
    a, b, c = rng.standard_normal((3, 4, 5))
    for operation, n in OPERATIONS.values():
        got, truth = operation(Numbers(), *(a, b, c, a)[:n]), operation(TRUTH, *(a, b, c, a)[:n])
        assert oracles.all_within(got, truth, np.full(got.shape, 1e-14))
