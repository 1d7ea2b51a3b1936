"""Models of several layers: the bound beside a float32 loop, and beside what is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance import check_implementation
from conformance.cells import SIMPLE_RNN
from conformance.checking.results import CONFORMS, FAILS
from conformance.expected.comparison import compare
from conformance.expected.wrappers import expected, expected_calls, merged
from conformance.implementations.capabilities import COMPOSITIONS, OUTPUT
from conformance.implementations.numpy_loop import NumpyLoop
from conformance.implementations.protocol import Model
from conformance.numerics.arithmetic import IEEE
from conformance.numerics.bounded import Bounded
from conformance.numerics.operations import BoundedNumbers
from strategies.wrappers import (
    PARTS,
    Architecture,
    ArchitectureSize,
    Composition,
    architecture_sizes,
    composition,
    compositions,
    weight_shapes,
)

SIZES = architecture_sizes(SIMPLE_RNN, 120, 7)


def rnn(x, used, cells, backwards, zero, initial=None):
    """One sample after the other, in the dtype of the weights: outputs, and states at the end."""
    outputs = np.zeros((*x.shape[:2], len(cells[-1][2])), x.dtype)
    ends = []
    for n in range(len(x)):
        states = [np.zeros(len(b), x.dtype) for _, _, b in cells]
        if initial is not None:
            states = list(initial[n])
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
        ends.append(states)
    return outputs, ends


def in_order(case, inputs=None, begin=(None, None)):
    """The output of a composition, in the dtype of its weights, written down once more."""
    return call(case, case.inputs if inputs is None else inputs, begin)[0]


def call(case, inputs, begin):
    """The same and the states of both directions, or of both layers, which begin with ``begin``."""
    size, layers = case.size, list(case.weights)
    a = size.architecture
    if a.front == "embedding":
        x, used = layers.pop(0)[0][inputs], inputs != 0
    else:
        x = inputs
        used = np.ones(x.shape[:2], bool) if a.front == "none" else (x != 0).any(axis=2)
    first = None
    if a.recurrent == "two layers":
        x, first = rnn(x, used, [layers.pop(0)], False, False, begin[0])
    weights = layers.pop(0)
    if a.recurrent == "bidirectional":
        zero = a.return_sequences
        given = [state[:, None] for state in case.initial_states]
        first, second = begin if begin[0] is not None else given or begin
        f, first = rnn(x, used, [weights[:3]], False, zero, first)
        b, second = rnn(x, used, [weights[3:]], True, zero, second)
        f, b = (f, b[:, ::-1]) if a.return_sequences else (f[:, -1], b[:, -1])
        ways = {"sum": f + b, "mul": f * b, "ave": (f + b) / 2}
        h = ways.get(a.merge, np.concatenate([f, b], axis=-1))
        ends = [np.array([states[-1] for states in end]) for end in (first, second)]
        h = np.concatenate([h, *ends], axis=-1) if a.states else h
    else:
        cells = [weights[i : i + 3] for i in range(0, len(weights), 3)]
        h, second = rnn(x, used, cells, a.go_backwards, a.zero_output_for_mask, begin[1])
        h = h if a.return_sequences else h[:, -1]
    if a.end == "flatten":
        h = h.reshape(len(h), -1)
    return h @ layers[0][0] + layers[0][1], (first, second)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_rounds_as_it_may_is_within_the_bound(dtype):
    @given(compositions(dtype=dtype, sizes=st.sampled_from(SIZES)))
    @settings(max_examples=150, deadline=None)
    def check(case):
        comparison = compare("output", in_order(case), expected(case, IEEE[dtype]))
        assert comparison.within

    check()


@pytest.mark.parametrize("overrides", [False, True])
def test_a_second_call_goes_on_from_the_end_of_the_first(overrides):
    sizes = [size for size in SIZES if size.architecture.stateful]

    @given(compositions(dtype="float32", sizes=st.sampled_from(sizes)))
    @settings(max_examples=150, deadline=None)
    def check(case):
        pieces = [case.inputs, case.inputs[:, ::-1]]
        got, end = call(case, pieces[0], (None, None))
        stays = case.initial_states and overrides
        again = in_order(case, pieces[1], (None, None) if stays else end)
        wanted = expected_calls(case, pieces, IEEE["float32"], initial_state_overrides=overrides)
        assert all(compare("output", *pair).within for pair in zip((got, again), wanted))

    check()


@pytest.mark.parametrize("forgotten", [0, 1])
def test_a_direction_that_begins_anew_is_outside(forgotten):
    architecture = Architecture(recurrent="bidirectional", stateful=True)
    case = composition(ArchitectureSize(architecture, SIMPLE_RNN, 3, 2, 2, 3, N=2), "float32", 2, 1)
    _, end = call(case, case.inputs, (None, None))
    begin = [None if i == forgotten else states for i, states in enumerate(end)]
    _, wanted = expected_calls(case, [case.inputs] * 2, IEEE["float32"])
    assert compare("output", in_order(case, begin=end), wanted).within
    assert not compare("output", in_order(case, begin=begin), wanted).within


def test_a_model_that_is_not_stateful_begins_anew():
    case = composition(ArchitectureSize(Architecture(), SIMPLE_RNN, 3, 2, 2, 3), "float32", 2, 1)
    first, second = expected_calls(case, [case.inputs] * 2, IEEE["float32"])
    assert np.array_equal(first.value, second.value)


def test_stateful_models_are_built_for_so_many_samples_as_they_are_given():
    for stateful in (False, True):
        for size in architecture_sizes(SIMPLE_RNN, 30, 1, stateful):
            assert (size.N is not None) == size.architecture.stateful == stateful
            if stateful:
                assert len(composition(size, "float32", 7, 1).inputs) == size.N
                assert size.architecture.api != "subclassed"  # which cannot be told its N


def test_the_bound_of_an_ordinary_composition_is_small():
    bounds = [
        expected(composition(size, "float32", 2, 1), IEEE["float32"]).bound.max() for size in SIZES
    ]
    assert np.median(bounds) < 3e-6
    assert np.mean(np.array(bounds) < 1e-4) > 0.95


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_weight_that_is_off_slightly_is_outside(part):
    size = ArchitectureSize(Architecture(recurrent="bidirectional"), SIMPLE_RNN, 3, 2, 2, 3)
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
    wanted = merged(BoundedNumbers(IEEE["float32"]), *exact, merge)
    got = {"sum": a + b, "mul": a * b, "ave": (a + b) / 2}[merge]
    assert (np.abs(got - wanted.value) <= wanted.bound).all()
    assert (np.abs(got * np.float32(1.001) - wanted.value) > wanted.bound).all()


def test_a_composition_is_written_as_python_that_builds_it_again():
    from numpy import array, float32, int32  # noqa: F401

    from strategies import Options  # noqa: F401

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
    size = ArchitectureSize(Architecture(front="masking", end="flatten"), SIMPLE_RNN, 3, 2, 1, 4)
    text = str(composition(size, "float32", 2, 1))
    assert text == "N=2, T=4, D=3, M=2, K=1, front=masking, end=flatten"
    assert PARTS["front"][0] == "none"


# --- The properties, on a model in NumPy --------------------------------------------------------


class InOrder(Model):
    """A model with an architecture, one number after the other."""

    def __init__(self, size, carries=True, resets=True):
        self.size, self.carries, self.resets = size, carries, resets
        self.states = (None, None)

    def set_weights(self, weights):
        self.weights = tuple(tuple(w.copy() for w in layer) for layer in weights)

    def output(self, inputs, mode, initial_states=()):
        case = Composition(self.size, inputs, self.weights, initial_states=tuple(initial_states))
        given = bool(initial_states)
        result, end = call(case, inputs, (None, None) if given else self.states)
        if self.size.architecture.stateful and self.carries:
            self.states = end
        return result

    def reset_state(self):
        if self.resets is None:
            raise AttributeError("a list has no reset")
        if self.resets:
            self.states = (None, None)


class Compositions(NumpyLoop):
    name, dtypes, capabilities = "in_order", ("float32",), frozenset({OUTPUT, COMPOSITIONS})

    def __init__(self, **how):
        self.how = how

    def composition(self, size, dtype):
        return InOrder(size, **self.how)


GOES_ON = "test_stateful_compositions_go_on_where_they_were"
ANEW = "test_stateful_compositions_that_are_reset_begin_anew"


@pytest.mark.parametrize(
    ("how", "goes_on", "anew"),
    [
        ({}, CONFORMS, CONFORMS),
        ({"carries": False}, FAILS, CONFORMS),
        ({"resets": False}, FAILS, FAILS),
        ({"resets": None}, CONFORMS, FAILS),
    ],
    ids=["right", "forgets", "does not reset", "cannot be reset"],
)
def test_what_is_wrong_with_states_is_said_by_the_property_of_it(how, goes_on, anew):
    report = check_implementation(
        Compositions(**how), properties=[GOES_ON, ANEW], max_examples=30, seed=1
    )
    assert {result.property: result.verdict for result in report.results} == {
        GOES_ON: goes_on,
        ANEW: anew,
    }
