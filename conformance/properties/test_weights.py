"""Weights: which there are, in which order, and that they are kept as they were given."""

from __future__ import annotations

import numpy as np

from conformance.checking.asking import network_of, new_network
from conformance.checking.check import holds_for
from conformance.checking.drawing import plain_cases, plain_sizes
from conformance.checking.judging import require, require_equal
from conformance.checking.record import Record
from conformance.implementations.capabilities import WEIGHTS
from strategies import Case, Dimensions, seeds
from strategies.textures import DENSE_BIAS, DENSE_KERNEL, weights_of


@holds_for(needs=(WEIGHTS,), per_mode=False, builds=True, size=plain_sizes)
def test_weights_are_kernel_recurrent_kernel_and_bias(record: Record, size: Dimensions) -> None:
    """Weights have their shapes, names, order.

    For SimpleRNN kernel (D, M), recurrent_kernel (M, M), bias (M,), then Dense's (M, K) and (K,).
    """
    network, dtype = new_network(record.subject, size.network), record.subject.dtype
    dense = {DENSE_KERNEL: ("dense", "kernel"), DENSE_BIAS: ("dense", "bias")}
    expected = [
        (*dense.get(name, (size.cell.name, name)), weight.shape, dtype)
        for name, weight in weights_of(size).items()
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
    case=plain_cases,
    special=lambda subject: seeds(),
)
def test_weights_come_back_bit_for_bit(record: Record, case: Case, special: int) -> None:
    """Weights come back bit for bit.

    set_weights then get_weights, with signed zeros, subnormals, infinities and NaN.
    """
    rng = np.random.default_rng(special)
    names = list(weights_of(case.dimensions))
    special_weights = {name: _with_special(rng, getattr(case, name)) for name in names}
    changed = case.replace(**special_weights)
    network = network_of(record.subject, changed)
    network.set_weights(changed.weights)
    returned = network.get_weights()
    require_equal("the number of arrays", len(returned), len(names))
    for name, before, after in zip(names, changed.weights, returned):
        same = before.shape == after.shape and before.tobytes() == after.tobytes()
        require(same, f"{name} came back changed: {after!r} for {before!r}")


def _with_special(rng: np.random.Generator, weight: np.ndarray) -> np.ndarray:
    chosen = rng.random(weight.shape) < 0.25
    values = rng.choice(SPECIAL, weight.shape).astype(weight.dtype)
    return np.where(chosen, values, weight)
