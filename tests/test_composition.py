"""Models of several layers: the bound beside a float32 loop, and beside what is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.arithmetic import IEEE
from conformance.comparison import compare
from conformance.composition import expected, merged
from conformance.sums import Bounded
from strategies.architectures import (
    PARTS,
    Architecture,
    ArchitectureSize,
    Composition,
    architecture_sizes,
    composition,
    compositions,
    weight_shapes,
)

SIZES = architecture_sizes(120, 7)


def rnn(x, used, cells, backwards, zero, initial=None):
    """One sample after the other, in the dtype of the weights."""
    outputs = np.zeros((*x.shape[:2], len(cells[-1][2])), x.dtype)
    ends = np.zeros_like(outputs[:, 0])
    for n in range(len(x)):
        states = [np.zeros(len(b), x.dtype) for _, _, b in cells]
        if initial is not None:
            states = [initial[n]]
        before = np.zeros(len(cells[-1][2]), x.dtype)
        order = list(range(x.shape[1]))[:: -1 if backwards else 1]
        for place, t in enumerate(order):
            if used[n, t]:
                fed = x[n, t]
                for i, (Wx, Wh, bh) in enumerate(cells):
                    fed = states[i] = np.tanh(bh + fed @ Wx + states[i] @ Wh)
                before = fed
            elif zero:
                before = np.zeros_like(before)
            outputs[n, place] = before
        ends[n] = states[-1]
    return outputs, ends


def in_order(case):
    """The output of a composition, in the dtype of its weights, written down once more."""
    size, layers = case.size, list(case.weights)
    a = size.architecture
    if a.front == "embedding":
        x, used = layers.pop(0)[0][case.inputs], case.inputs != 0
    else:
        x = case.inputs
        used = np.ones(x.shape[:2], bool) if a.front == "none" else (x != 0).any(axis=2)
    if a.recurrent == "two layers":
        x, _ = rnn(x, used, [layers.pop(0)], False, False)
    weights = layers.pop(0)
    if a.recurrent == "bidirectional":
        zero = a.return_sequences
        first, second = case.initial_states or (None, None)
        f, f_end = rnn(x, used, [weights[:3]], False, zero, first)
        b, b_end = rnn(x, used, [weights[3:]], True, zero, second)
        f, b = (f, b[:, ::-1]) if a.return_sequences else (f[:, -1], b[:, -1])
        ways = {"sum": f + b, "mul": f * b, "ave": (f + b) / 2}
        h = ways.get(a.merge, np.concatenate([f, b], axis=-1))
        h = np.concatenate([h, f_end, b_end], axis=-1) if a.states else h
    else:
        cells = [weights[i : i + 3] for i in range(0, len(weights), 3)]
        h, _ = rnn(x, used, cells, a.go_backwards, a.zero_output_for_mask)
        h = h if a.return_sequences else h[:, -1]
    if a.end == "flatten":
        h = h.reshape(len(h), -1)
    return h @ layers[0][0] + layers[0][1]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_rounds_as_it_may_is_within_the_bound(dtype):
    @given(compositions(dtype=dtype, sizes=st.sampled_from(SIZES)))
    @settings(max_examples=150, deadline=None)
    def check(case):
        comparison = compare("output", in_order(case), expected(case, IEEE[dtype]))
        assert comparison.within

    check()


def test_the_bound_of_an_ordinary_composition_is_small():
    bounds = [
        expected(composition(size, "float32", 2, 1), IEEE["float32"]).bound.max() for size in SIZES
    ]
    assert np.median(bounds) < 3e-6
    assert np.mean(np.array(bounds) < 1e-4) > 0.95


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_weight_that_is_off_slightly_is_outside(part):
    size = ArchitectureSize(Architecture(recurrent="bidirectional"), 3, 2, 2, 3)
    case = composition(size, "float32", 2, 1)
    layers = [[w.copy() for w in layer] for layer in case.weights]
    layers[0][part].flat[0] += np.float32(1e-4)
    other = Composition(size, case.inputs, tuple(map(tuple, layers)))
    assert not compare("output", in_order(other), expected(case, IEEE["float32"])).within


@pytest.mark.parametrize("merge", ["sum", "mul", "ave"])
def test_a_merge_that_rounds_once_is_within_its_bound_and_one_of_a_thousandth_is_not(merge):
    rng = np.random.default_rng(1)
    a, b = (rng.standard_normal(100).astype("float32") for _ in range(2))
    exact = [Bounded(v.astype(float), np.zeros(100)) for v in (a, b)]
    wanted = merged(*exact, merge, IEEE["float32"])
    got = {"sum": a + b, "mul": a * b, "ave": (a + b) / 2}[merge]
    assert (np.abs(got - wanted.value) <= wanted.bound).all()
    assert (np.abs(got * np.float32(1.001) - wanted.value) > wanted.bound).all()


def test_a_composition_is_written_as_python_that_builds_it_again():
    from numpy import array, float32, int32  # noqa: F401

    for size in SIZES[:20]:
        case = composition(size, "float32", 2, 3)
        again = eval(repr(case))
        assert again.size == case.size
        assert again.inputs.tobytes() == case.inputs.tobytes()
        for layer, other in zip(case.weights, again.weights):
            assert [w.tobytes() for w in layer] == [w.tobytes() for w in other]


def test_weights_have_the_shapes_that_are_said():
    for size in SIZES:
        case = composition(size, "float32", 1, 1)
        assert [[w.shape for w in layer] for layer in case.weights] == weight_shapes(size)


def test_a_composition_says_in_words_what_is_not_plain():
    size = ArchitectureSize(Architecture(front="masking", end="flatten"), 3, 2, 1, 4)
    text = str(composition(size, "float32", 2, 1))
    assert text == "N=2, T=4, D=3, M=2, K=1, front=masking, end=flatten"
    assert PARTS["front"][0] == "none"
