"""R where a state is hidden: no correct step is outside, and what is hidden is within its bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from oracles_rounding import Rounded
from sequences import FORMS, SIMPLE, emitted, evaluated, sequence

from conformance.cells.lstm import LSTM
from conformance.expected import carried
from conformance.expected.carried import residual_steps
from conformance.expected.recurrence import equation, kept
from conformance.expected.steps import previous, residual_state
from conformance.numerics.arithmetic import IEEE, narrow_sums
from conformance.numerics.bounded import Bounded
from conformance.numerics.operations import BoundedNumbers
from strategies import TEXTURES, Dimensions, Options
from strategies.cases import case_of_seed
from strategies.masking import MASKS

ROWS = [("float32", None, False), ("float32", None, True), ("float64", None, False)]
ROWS += [("float16", None, True), ("bfloat16", None, False), ("bfloat16", "bfloat16", False)]
BY_ROW = pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(map(str, row)))
BY_FORM = pytest.mark.parametrize("form", FORMS)
PAIRS = [("tanh", "sigmoid"), ("linear", "sigmoid"), ("relu", "hard_sigmoid"), ("sigmoid", "tanh")]


@pytest.fixture(autouse=True)
def _overflow_is_judged_not_warned_of():
    with np.errstate(all="ignore"):
        yield


def arithmetic_of(row):
    dtype, accumulation, flushes = row
    arithmetic = narrow_sums(IEEE[dtype]) if accumulation else IEEE[dtype]
    return replace(arithmetic, flushes_subnormals=flushes)


def judged(s, out, row, **how):
    arithmetic = arithmetic_of(row)
    used = None if s.used.all() else s.used
    return residual_steps(s.cell, s.x, out, s.states, s.w, s.names, arithmetic, used, **how)


def outside(got, bounded):
    same = (got == bounded.value) | (np.isnan(got) & np.isnan(bounded.value))
    return ~(same | (np.abs(got - bounded.value) <= bounded.bound) | np.isinf(bounded.bound))


def computed(s, row, seed, off=0.0):
    rng = np.random.default_rng(seed)
    return evaluated(Rounded(row[0], rng, row[2], row[1], off), s)


@BY_ROW
@BY_FORM
def test_every_step_and_every_hidden_state_is_within_the_bound(form, row):
    for seed in range(30):
        s = sequence(form, seed, row[0], masked=seed % 3 == 2)
        after = computed(s, row, seed, (-1.0, 0.0, 1.0)[seed % 3])
        zero = seed % 2 == 1
        new, known = judged(s, emitted(after, s, zero), row, zero_output_for_mask=zero)
        assert not outside(emitted(after, s, zero), new).any()
        assert len(known) == len(s.cell.states) - 1
        for got, bounded in zip(after[1:], known):
            assert not outside(got, bounded).any()


@pytest.mark.parametrize("names", PAIRS, ids=str)
def test_lstm_with_other_activations_is_within_the_bound(names):
    for row in (ROWS[0], ROWS[4]):
        for seed in range(20):
            s = sequence("lstm", seed, row[0], names=names)
            after = computed(s, row, seed, (-1.0, 0.0, 1.0)[seed % 3])
            new, (c,) = judged(s, after[0], row)
            assert not outside(after[0], new).any()
            assert not outside(after[1], c).any()


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("texture", TEXTURES)
def test_of_a_simple_rnn_the_bound_is_that_of_all_steps_to_the_last_bit(texture, mask):
    for seed, zero in ((0, False), (1, True)):
        options = Options(mask=mask, zero_output_for_mask=zero, initial_state=True)
        size = Dimensions(SIMPLE, 3, 6, 4, 5, 2, options=options)
        rng = np.random.default_rng(seed)
        given = {"initial_states": (rng.standard_normal((3, 5)).astype("float32"),)}
        if mask != "none":
            given["mask"] = rng.random((3, 6)) < 0.6
        case = case_of_seed(size, "float32", texture, seed).replace(**given)
        x, used, initial = case.processed
        states = rng.uniform(-1, 1, (3, 6, 5)).astype("float32")
        new, hidden = residual_steps(
            SIMPLE, x, states, initial, case.as_computed, ("tanh",), IEEE["float32"], used, zero
        )
        for wanted in (
            residual_state(case, states, IEEE["float32"]),
            all_steps_at_once(case, states, IEEE["float32"]),
        ):
            np.testing.assert_array_equal(new.value, wanted.value)
            np.testing.assert_array_equal(new.bound, wanted.bound)
        assert hidden == []


def all_steps_at_once(case, states, arithmetic):
    """R where every state is seen: the equation over all steps, what is masked exactly repeated."""
    _, used, (initial,) = case.processed
    before = previous(case, states.astype(float))
    value, bound = equation(BoundedNumbers(arithmetic), case)(case.processed.inputs, (before,))[0]
    if used is None:
        return Bounded(value, bound)
    repeated = kept(states.astype(float), np.zeros_like(initial), used)[:, 1:]
    repeated = np.zeros_like(repeated) if case.options.zero_output_for_mask else repeated
    on = used[:, :, None]
    return Bounded(np.where(on, value, repeated), np.where(on, bound, 0.0))


def remembering(seed, T=48):
    """An LSTM whose forget gate is near 1, so that what is not known of c stays."""
    s = sequence("lstm", seed, "float32", 0.3, (2, T, 3, 4))
    s.w.bias[4:8] += 5
    return s


def test_the_hidden_state_is_cut_by_what_is_emitted(monkeypatch):
    cut, uncut = [], []
    for seed in range(6):
        s = remembering(seed)
        after = computed(s, ROWS[0], seed)
        cut.append(judged(s, after[0], ROWS[0]))
        monkeypatch.setattr(carried, "_seen", lambda *_: None)
        uncut.append(judged(s, after[0], ROWS[0]))
        monkeypatch.undo()
    hidden = np.median([c.bound for _, (c,) in uncut]) / np.median([c.bound for _, (c,) in cut])
    seen = np.median([h.bound for h, _ in uncut]) / np.median([h.bound for h, _ in cut])
    assert hidden > 1.5
    assert seen > 1.1
    assert max((wide.bound / h.bound).max() for (wide, _), (h, _) in zip(uncut, cut)) > 3
    for (h, (c,)), (wider_h, (wider_c,)) in zip(cut, uncut):
        assert (h.bound <= wider_h.bound * (1 + 1e-6)).mean() > 0.95
        assert (c.bound <= wider_c.bound * (1 + 1e-6)).mean() > 0.95


def test_the_bound_of_a_hidden_state_does_not_grow_with_the_sequence():
    s = remembering(0, 300)
    new, _ = judged(s, computed(s, ROWS[0], 0)[0], ROWS[0])
    assert np.median(new.bound[:, 200:]) < 3 * np.median(new.bound[:, 10:100])
    assert new.bound.max() < 1e-5


def test_with_all_states_seen_the_bound_of_the_emitted_one_is_not_much_smaller():
    ratios = []
    for seed in range(8):
        s = sequence("lstm", seed, "float32", 0.4, (2, 16, 3, 4))
        h, c = computed(s, ROWS[0], seed)
        new, _ = judged(s, h, ROWS[0])
        ops = BoundedNumbers(arithmetic_of(ROWS[0]))
        for t in range(1, 16):
            states = h[:, t - 1], c[:, t - 1]
            functions = map(ops.activation, s.names)
            own, _ = s.cell.step(ops, s.x[:, t], states, s.w, *functions)
            ratios.append(new.bound[:, t] / own.bound)
    assert np.median(ratios) < 2
    assert np.max(ratios) < 8


@pytest.mark.parametrize("wrong", [1 + 1e-5, 1 + 1e-4, 0.0], ids=["1e-5", "1e-4", "not carried"])
def test_a_hidden_state_that_is_wrong_once_is_outside_in_most_cases(wrong):
    found = 0
    for seed in range(20):
        s = sequence("lstm", seed, "float32", 0.5, (4, 8, 5, 8))
        start = s._replace(x=s.x[:, :4], used=s.used[:, :4])
        before = computed(start, ROWS[0], seed)
        states = before[0][:, -1], before[1][:, -1] * wrong
        rest = s._replace(x=s.x[:, 4:], used=s.used[:, 4:], states=states)
        after = computed(rest, ROWS[0], seed)
        out = np.concatenate([before[0], after[0]], axis=1)
        new, _ = judged(s, out, ROWS[0])
        bad = outside(out, new)
        assert not bad[:, :4].any()
        found += bad.any()
    assert found >= (20 if wrong == 0 else 10)


def test_what_no_hidden_state_explains_is_outside():
    # |h| is more than o can be: whatever c is, tanh is at most 1.
    s = sequence("lstm", 0, "float32", 0.3, (1, 2, 2, 2))
    h = computed(s, ROWS[0], 0)[0]
    h[0, 1, 0] = 1.5
    new, _ = judged(s, h, ROWS[0])
    assert outside(h, new)[0, 1, 0]


def test_nan_that_is_emitted_decides_later_steps_of_its_sample_alone():
    s = sequence("lstm", 0, "float32", 0.3, (2, 4, 2, 3))
    h = computed(s, ROWS[0], 0)[0]
    h[1, 1, 0] = np.nan
    new, (c,) = judged(s, h, ROWS[0])
    assert np.isnan(new.value[1, 2:]).all()
    assert not np.isnan(new.value[0]).any()
    assert not np.isnan(c.bound).any()
    assert outside(h, new)[1, 1, 0]


def gated_twice(ops, x, states, w, activation, recurrent_activation):
    """A cell whose hidden state is an operand of its sums, and is not told by what it emits."""
    h, c = states
    z = ops.affine((x, h, c), (w.kernel, w.recurrent_kernel, w.recurrent_kernel), w.bias)
    i, f, g, o = ops.split(z, 4)
    c = ops.blend(recurrent_activation(f), c, activation(g))
    return ops.plus(ops.times(recurrent_activation(o), c), recurrent_activation(i)), c


@BY_ROW
def test_a_cell_of_any_other_form_is_judged_step_by_step(row):
    cell = replace(LSTM, step=gated_twice)
    for seed in range(10):
        s = sequence("lstm", seed, row[0], 0.3)._replace(cell=cell)
        after = computed(s, row, seed)
        new, (c,) = judged(s, after[0], row)
        assert isinstance(new, Bounded)
        assert not outside(after[0], new).any()
        assert not outside(after[1], c).any()
