"""What the bound is tested with: legitimate evaluations in many orders, and the truth itself.

An evaluation here rounds to nearest in every operation, which is all that `Arithmetic` asks,
so that one outside the bound proves the bound wrong. The truth is in 50 digits or rational.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Callable, Sequence

import mpmath
import numpy as np
from numpy.typing import ArrayLike

from conformance.cells import SIMPLE_RNN
from strategies import Case, Tensors
from strategies.plain_networks import NAMES

ORDERS = ("given", "random", "pairwise", "ascending", "descending", "signs", "fused")

mp = mpmath.mp.clone()
mp.dps = 50

as_fractions = np.vectorize(Fraction, otypes=[object])
as_mpf = np.vectorize(lambda value: mp.mpf(float(value)), otypes=[object])
mp_tanh = np.vectorize(mp.tanh, otypes=[object])


def given_case(tensors: Sequence[ArrayLike], dtype: str = "float32", **choices: str) -> Case:
    """The case of these inputs and five weights, in the order of ``get_weights()``."""
    arrays = (np.array(tensor, dtype) for tensor in tensors)
    return Case(SIMPLE_RNN, Tensors(**dict(zip(("inputs", *NAMES), arrays))), **choices)


def affine(
    operand: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    order: str,
    rng: np.random.Generator,
    flushes: bool = False,
) -> np.ndarray:
    """Operand (…, n) · weight (n, m) + bias (m,), rounded after every operation, in some order."""
    keep = flush if flushes else np.asarray
    operand, weight, bias = keep(operand), keep(weight), keep(bias)
    if order == "fused":
        return _fused(operand, weight, bias)
    products = keep(operand[..., :, None] * weight)
    last = np.broadcast_to(bias, (*products.shape[:-2], 1, len(bias)))
    terms = np.concatenate([products, last], axis=-2)
    terms = np.take_along_axis(terms, np.argsort(_keys(terms, order, rng), axis=-2), axis=-2)
    if order == "pairwise":
        return _pairwise(terms, keep)
    total = terms[..., 0, :]
    for i in range(1, terms.shape[-2]):
        total = keep(total + terms[..., i, :])
    return total


def _keys(terms: np.ndarray, order: str, rng: np.random.Generator) -> np.ndarray:
    if order == "random":
        return rng.random(terms.shape)
    if order == "ascending":
        return np.abs(terms)
    if order in ("descending", "signs"):
        return -np.abs(terms) if order == "descending" else -terms
    return np.broadcast_to(np.arange(terms.shape[-2])[:, None], terms.shape)


def _pairwise(terms: np.ndarray, keep: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    n = terms.shape[-2]
    if n == 1:
        return terms[..., 0, :]
    left, right = terms[..., : n // 2, :], terms[..., n // 2 :, :]
    return keep(_pairwise(left, keep) + _pairwise(right, keep))


def _fused(operand: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    # The product of two float32 is exact in the wider type. The sum is rounded there first,
    # which is off by far less than the roundings of products that fusing saves.
    wide = {"float32": np.float64, "float64": np.longdouble}[str(operand.dtype)]
    total = np.broadcast_to(bias, (*operand.shape[:-1], len(bias)))
    for i in range(operand.shape[-1]):
        product = operand[..., i, None].astype(wide) * weight[i].astype(wide)
        total = (product + total.astype(wide)).astype(operand.dtype)
    return total


def flush(a: np.ndarray) -> np.ndarray:
    """Subnormal numbers become zero."""
    return np.where(np.abs(a) < np.finfo(a.dtype).tiny, a.dtype.type(0), a)


def tanh(z: np.ndarray, ulps: float = 0) -> np.ndarray:
    """Tanh in the dtype of ``z``, off by ``ulps`` units in the last place of the true value."""
    h = np.tanh(z.astype(float))
    info = np.finfo(z.dtype)
    # Not np.spacing of the rounded value: rounding up to a power of two would double the unit.
    ulp = np.ldexp(1.0, np.maximum(np.frexp(h)[1] - 1 - info.nmant, info.minexp - info.nmant))
    return np.where(h == 0, 0, h + ulps * ulp).astype(z.dtype)


def evaluate(
    case: Case,
    order: str = "given",
    seed: int = 0,
    tanh_ulps: float = 0,
    flushes: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """States (N, T, M) and outputs (N, T, K), in the arithmetic of the case's dtype."""
    rng = np.random.default_rng(seed)
    weight = np.concatenate([case.kernel, case.recurrent_kernel])
    keep = flush if flushes else np.asarray
    h = np.zeros((case.N, case.M), case.dtype)
    states = []
    for t in range(case.T):
        operand = np.concatenate([case.inputs[:, t], h], axis=-1)
        h = keep(tanh(affine(operand, weight, case.bias, order, rng, flushes), tanh_ulps))
        states.append(h)
    h = np.stack(states, axis=1)
    return h, affine(h, case.dense_kernel, case.dense_bias, order, rng, flushes)


def exact_affine(operand: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """The affine stage as fractions."""
    return as_fractions(operand) @ as_fractions(weight) + as_fractions(bias)


def true_step(case: Case, states: np.ndarray) -> np.ndarray:
    """Each state from the given previous one, (N, T, M) numbers of 50 digits."""
    Wx, Wh, bh = (as_mpf(a) for a in case.weights[:3])
    previous = np.concatenate([np.zeros_like(states[:, :1]), states[:, :-1]], axis=1)
    return mp_tanh(as_mpf(case.inputs) @ Wx + as_mpf(previous) @ Wh + bh)


def true_dense(case: Case, states: np.ndarray) -> np.ndarray:
    """Dense, from states that are numbers of either kind."""
    wide = states if states.dtype == object else as_mpf(states)
    return wide @ as_mpf(case.dense_kernel) + as_mpf(case.dense_bias)


def true_states(case: Case) -> np.ndarray:
    """The recurrence itself in 50 digits, (N, T, M)."""
    Wx, Wh, bh = (as_mpf(a) for a in case.weights[:3])
    x, h = as_mpf(case.inputs), as_mpf(np.zeros((case.N, case.M)))
    states = []
    for t in range(case.T):
        h = mp_tanh(x[:, t] @ Wx + h @ Wh + bh)
        states.append(h)
    return np.stack(states, axis=1)


def all_within(got: np.ndarray, truth: np.ndarray, bound: np.ndarray) -> bool:
    """Whether every number is within its bound of the truth, compared in 50 digits."""
    return bool((abs(as_mpf(got) - truth) <= as_mpf(bound)).all())
