"""LSTM and GRU are what their documentation says: by counting, by a second writing, by Keras."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import oracles_gated
import pytest

from conformance.cells.gru import GRU
from conformance.cells.lstm import LSTM
from conformance.implementations.keras.tensorflow import load_tensorflow
from conformance.numerics.arithmetic import IEEE
from conformance.numerics.operations import BoundedNumbers, Numbers
from strategies.cell import BIAS, INPUT, RECURRENT

#: Each form of a cell: the cell, and its options.
FORMS = {
    "lstm": (LSTM, {}),
    "gru": (GRU, {"reset_after": True}),
    "gru, reset before": (GRU, {"reset_after": False}),
}
ACTIVATIONS = {
    "default": ("tanh", "sigmoid"),
    "others": ("relu", "hard_sigmoid"),
}
VALUES = {
    "tanh": np.tanh,
    "sigmoid": oracles_gated.sigmoid,
    "relu": lambda z: np.maximum(z, 0),
    "hard_sigmoid": lambda z: np.clip(z / 6 + 0.5, 0, 1),
}


def drawn(form, seed, N=3, T=4, D=3, M=5, dtype="float32"):
    """x, the initial states and the weights, all different from 0."""
    cell, options = FORMS[form]
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((N, T, D)).astype(dtype).astype(float)
    states = tuple(rng.standard_normal((N, M)).astype(dtype).astype(float) for _ in cell.states)
    return x, states, oracles_gated.weights_of(cell, D, M, rng, 0.7, dtype, **options)


def run(ops, cell, x, states, w, names):
    """Every state after each step, a list of tuples."""
    functions = [ops.activation(name) for name in names]
    after = []
    for t in range(x.shape[1]):
        states = cell.step(ops, x[:, t], states, w, *functions)
        after.append(states)
    return after


def by_oracle(cell, x, states, w, names):
    """The same states from the second writing, each (N, T, M)."""
    functions = [VALUES[name] for name in names]
    if cell is LSTM:
        return oracles_gated.lstm(x, *states, w, *functions)
    return (oracles_gated.gru(x, *states, w, *functions),)


@pytest.mark.parametrize(
    ("cell", "options", "count"),
    [
        (LSTM, {}, 180),
        (LSTM, {"use_bias": False}, 160),
        (GRU, {}, 150),
        (GRU, {"reset_after": False}, 135),
        (GRU, {"use_bias": False}, 120),
    ],
)
def test_parameters_of_three_features_and_five_units(cell, options, count):
    chosen = SimpleNamespace(**{"use_bias": True, "reset_after": True, **options})
    assert cell.parameters(3, 5, chosen) == count


def test_shapes_and_roles_of_the_weights():
    plain, before = SimpleNamespace(reset_after=True), SimpleNamespace(reset_after=False)
    roles = {"kernel": INPUT, "recurrent_kernel": RECURRENT, "bias": BIAS}
    for cell, options, bias, gates in (
        (LSTM, plain, (20,), 4),
        (GRU, plain, (2, 15), 3),
        (GRU, before, (15,), 3),
    ):
        shapes = {"kernel": (3, 5 * gates), "recurrent_kernel": (5, 5 * gates), "bias": bias}
        found = cell.weights(3, 5, options)
        assert {name: weight.shape for name, weight in found.items()} == shapes
        assert {name: weight.role for name, weight in found.items()} == roles
        assert list(found) == list(shapes)


def test_states_and_activations_are_named_as_keras_names_them():
    assert LSTM.states == ("h", "c")
    assert GRU.states == ("h",)
    for cell in (LSTM, GRU):
        assert cell.activations == (("activation", "tanh"), ("recurrent_activation", "sigmoid"))
        assert repr(cell) == cell.name.upper()


@pytest.mark.parametrize("names", ACTIVATIONS.values(), ids=ACTIVATIONS)
@pytest.mark.parametrize("form", FORMS)
def test_the_equation_and_a_second_writing_of_it_agree_within_the_bound(form, names):
    # In float64 arithmetic each of the two is an evaluation that the bound covers.
    cell = FORMS[form][0]
    ops = BoundedNumbers(IEEE["float64"])
    for seed in range(5):
        x, states, w = drawn(form, seed, dtype="float64")
        theirs = by_oracle(cell, x, states, w, names)
        ours = run(Numbers(), cell, x, states, w, names)
        before = states
        for t, after in enumerate(ours):
            functions = [ops.activation(name) for name in names]
            step = cell.step(ops, x[:, t], before, w, *functions)
            from_ours = cell.step(Numbers(), x[:, t], before, w, *map(Numbers().activation, names))
            theirs_alone = by_oracle(cell, x[:, t : t + 1], before, w, names)
            for bounded, mine, other in zip(step, from_ours, theirs_alone):
                assert (np.abs(mine - bounded.value) <= bounded.bound).all()
                assert (np.abs(other[:, 0] - bounded.value) <= bounded.bound).all()
                assert (bounded.bound < 1e-13).all()
            before = after
        for k in range(len(cell.states)):
            assert np.abs(ours[-1][k] - theirs[k][:, -1]).max() < 1e-12


@pytest.mark.parametrize("form", FORMS)
def test_every_step_of_keras_is_within_the_bound_from_its_own_states(form):
    pytest.importorskip("tensorflow")
    keras = load_tensorflow().keras
    cell, options = FORMS[form]
    layer = keras.layers.LSTM if cell is LSTM else keras.layers.GRU
    ops = BoundedNumbers(IEEE["float32"])
    names = [name for _, name in cell.activations]
    functions = [ops.activation(name) for name in names]
    rnn = layer(5, return_state=True, **options)
    for seed in range(2):
        x, states, w = drawn(form, seed)
        before = states
        for t in range(x.shape[1]):
            inputs = x[:, t : t + 1].astype("float32")
            if not rnn.built:
                rnn.build(inputs.shape)
            rnn.set_weights([w.kernel, w.recurrent_kernel, w.bias])
            _, *after = rnn(inputs, initial_state=[s.astype("float32") for s in before])
            after = tuple(np.asarray(state).astype(float) for state in after)
            bounded = cell.step(ops, x[:, t], before, w, *functions)
            for got, (value, bound) in zip(after, bounded):
                assert (np.abs(got - value) <= bound).all()
                assert (bound < 1e-5).all()
            before = after
