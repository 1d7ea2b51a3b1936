"""Weights: which there are, in which order, and that they are kept as they were given."""

from __future__ import annotations

import numpy as np

from conformance.cells.simple_rnn import dense_weight_shapes, simple_rnn_weight_shapes
from conformance.checking.check import holds_for
from conformance.checking.subject import Subject, require, require_equal
from conformance.implementations.capabilities import WEIGHTS
from strategies import Case, Dimensions, seeds


@holds_for(needs=(WEIGHTS,), per_mode=False, builds=True, size=lambda subject: subject.sizes())
def test_weights_are_kernel_recurrent_kernel_and_bias(subject: Subject, size: Dimensions) -> None:
    """Weights have their shapes, names, order.

    kernel (D, M), recurrent_kernel (M, M), bias (M,), then Dense's (M, K) and (K,).
    """
    network = subject.new_network(size.network)
    expected = [
        (layer, name, shape, subject.dtype)
        for layer, shapes in (
            ("simple_rnn", simple_rnn_weight_shapes(size.D, size.M)),
            ("dense", dense_weight_shapes(size.M, size.K)),
        )
        for name, shape in shapes.items()
    ]
    require_equal("the list of weights", [tuple(w) for w in network.weight_table()], expected)
    arrays = [(w.shape, str(w.dtype)) for w in network.get_weights()]
    require_equal("what get_weights() returns", arrays, [entry[2:] for entry in expected])


#: Numbers that a cast, a copy or a comparison could change.
SPECIAL = (0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, 1.17e-38, 3.4e38)


@holds_for(
    needs=(WEIGHTS,),
    per_mode=False,
    quota=False,
    case=lambda subject: subject.cases(),
    special=lambda subject: seeds(),
)
def test_weights_come_back_bit_for_bit(subject: Subject, case: Case, special: int) -> None:
    """Weights come back bit for bit.

    set_weights then get_weights, with signed zeros, subnormals, infinities and NaN.
    """
    rng = np.random.default_rng(special)
    names = ["kernel", "recurrent_kernel", "bias", "dense_kernel", "dense_bias"]
    given = case.replace(**{n: _with_special(rng, w) for n, w in zip(names, case.weights)})
    network = subject.network(given, sequences=False)
    network.set_weights(given.weights)
    returned = network.get_weights()
    require_equal("the number of arrays", len(returned), len(names))
    for name, before, after in zip(names, given.weights, returned):
        same = before.shape == after.shape and before.tobytes() == after.tobytes()
        require(same, f"{name} came back changed: {after!r} for {before!r}")


def _with_special(rng: np.random.Generator, weight: np.ndarray) -> np.ndarray:
    chosen = rng.random(weight.shape) < 0.25
    values = rng.choice(SPECIAL, weight.shape).astype(weight.dtype)
    return np.where(chosen, values, weight)
