"""A network just built: zero biases, an orthogonal recurrent kernel, Glorot kernels, h_0 = 0."""

from __future__ import annotations

import numpy as np

from conformance.cells.births import glorot_limit
from conformance.checking.asking import ask, new_network
from conformance.checking.check import holds_for
from conformance.checking.drawing import plain_cases, plain_sizes
from conformance.checking.judging import require
from conformance.checking.record import Record
from conformance.implementations.capabilities import INITIAL_WEIGHTS
from conformance.numerics.arithmetic import REFERENCE
from conformance.numerics.bounded import INFLATION
from strategies import Case, Dimensions
from strategies.cell import BIAS, INPUT, RECURRENT
from strategies.textures import DENSE_BIAS, READOUT, weights_of

#: A conforming initialiser is called degenerate at most this often, for each kernel checked.
FALSE_ALARM = 1e-12


@holds_for(needs=(INITIAL_WEIGHTS,), per_mode=False, builds=True, size=plain_sizes)
def test_fresh_biases_are_zero(record: Record, size: Dimensions) -> None:
    """Fresh biases are zero.

    Those of a forget gate are 1, where the cell has one.
    """
    for name, bias in _fresh(record, size, BIAS):
        wanted = np.zeros(bias.shape)
        if name != DENSE_BIAS.replace("_", " "):
            wanted = size.cell.fresh_bias(bias.shape)
        worst = int(np.argmax(np.abs(bias - wanted)))
        got, right = float(bias.ravel()[worst]), float(wanted.ravel()[worst])
        require(got == right, f"an entry of {name} is {got:.6g}, must be {right:.6g}")


@holds_for(needs=(INITIAL_WEIGHTS,), per_mode=False, builds=True, size=plain_sizes)
def test_fresh_recurrent_kernel_is_orthogonal(record: Record, size: Dimensions) -> None:
    """A fresh recurrent kernel is orthogonal.

    Q from M Householder reflections is within √M γ_{cM²} of an orthogonal matrix, in the
    Frobenius norm, for a small integer c (Higham 2002, theorem 19.4 and the text after it; c is
    taken as 10), hence ‖QQᵀ − I‖ ≤ 2√M γ + (√M γ)².
    """
    M, storage = size.M, record.subject.arithmetic.storage
    for _, Q in _fresh(record, size, RECURRENT):
        if Q.ndim < 2:
            continue  # a vector has nothing to be orthogonal to
        n = max(Q.shape)
        off = np.sqrt(M) * storage.gamma(10 * n * M)
        own_error = M * REFERENCE.gamma(n)
        bound = (2 * off + off * off + own_error) * INFLATION
        rows = Q.astype(float)
        distance = float(np.linalg.norm(rows @ rows.T - np.eye(M)))
        record.shares.append(distance / bound)
        require(distance <= bound, f"‖QQᵀ − I‖ is {distance:.3g}, rounding explains {bound:.3g}")


@holds_for(needs=(INITIAL_WEIGHTS,), per_mode=False, builds=True, size=plain_sizes)
def test_fresh_kernels_are_glorot_uniform(record: Record, size: Dimensions) -> None:
    """Fresh kernels fill Glorot's interval.

    That is ±√(6 / (fan_in + fan_out)). n uniform numbers are all below p^(1/n) of the limit
    with probability p, and their mean exceeds √(2 ln(2/p) / n) of it with less (Hoeffding
    1963); p is `FALSE_ALARM`.
    """
    u = record.subject.arithmetic.unit_roundoff
    for name, kernel in (*_fresh(record, size, INPUT), *_fresh(record, size, READOUT)):
        limit = glorot_limit(*kernel.shape) * (1 + 4 * u)
        most, mean = float(np.abs(kernel).max()), abs(float(kernel.mean(dtype=float)))
        n = kernel.size
        require(most <= limit, f"{name}: an entry of size {most:.6g} exceeds {limit:.6g}")
        least = limit * FALSE_ALARM ** (1 / n)
        require(most >= least, f"{name}: no entry exceeds {most:.3g}, of {limit:.3g} allowed")
        furthest = limit * np.sqrt(2 * np.log(2 / FALSE_ALARM) / n)
        require(mean <= furthest, f"{name}: the mean is {mean:.3g}, chance gives {furthest:.3g}")
        require(n < 4 or len(np.unique(kernel)) > 1, f"{name}: all entries are equal")


@holds_for(
    needs=(INITIAL_WEIGHTS,),
    per_mode=False,
    builds=True,
    narrow=True,
    size=plain_sizes,
)
def test_a_fresh_network_of_every_dtype_can_be_built(record: Record, size: Dimensions) -> None:
    """A network of every dtype can be built.

    With the documented initialisers; its weights are numbers.
    """
    weights = new_network(record.subject, size.network).get_weights()
    require(
        all(np.isfinite(weight).all() for weight in weights),
        lambda: f"the fresh weights are {weights!r}",
    )


@holds_for(runs=2, quota=False, case=plain_cases)
def test_initial_state_is_zero(record: Record, case: Case) -> None:
    """The initial state is zero.

    From h_0 = 0, zero inputs and a zero bias leave the Dense bias, also after another call.
    """
    ask(record, case)
    at_rest = case.replace(inputs=np.zeros_like(case.inputs), **_no_biases(case))
    output = ask(record, at_rest).output
    expected = np.broadcast_to(case.dense_bias, output.shape)
    flushed = record.subject.arithmetic.storage.smallest_normal
    same = np.where(np.abs(expected) < flushed, np.abs(output) < flushed, output == expected)
    require(bool(same.all()), lambda: f"the output is {output!r}, must be {case.dense_bias!r}")


def _fresh(record: Record, size: Dimensions, role: str) -> list[tuple[str, np.ndarray]]:
    """The weights of a role in a new network, by name."""
    weights = new_network(record.subject, size.network).get_weights()
    named = zip(weights_of(size).items(), weights)
    return [(name.replace("_", " "), array) for (name, w), array in named if w.role == role]


def _no_biases(case: Case) -> dict[str, np.ndarray]:
    weights = case.cell.weights(case.D, case.M, case.options)
    return {n: np.zeros_like(getattr(case, n)) for n, w in weights.items() if w.role == BIAS}
