"""Z, the bound where only the end of a sequence is visible.

The local errors of all steps, each carried to the output by the product of the Jacobians in
between. That product is what backpropagation through time computes; running it over rounding
errors is the oldest use of reverse accumulation: Linnainmaa, *Taylor expansion of the accumulated
rounding error*, BIT 16 (1976). Linnainmaa's first-order terms become a bound here because the mean
value theorem is applied to intervals.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

import numpy as np

from conformance.cells.dense import dense
from conformance.expected.recurrence import outputs_of, states_of
from conformance.numerics.activations import ACTIVATIONS, Activation
from conformance.numerics.arithmetic import Arithmetic
from conformance.numerics.bounded import INFLATION, Bounded, activated, activation_error_parts
from conformance.numerics.operations import BoundedNumbers
from conformance.numerics.sums import affine
from conformance.numerics.symbols import propagated
from strategies import Case


def propagated_output(case: Case, arithmetic: Arithmetic) -> Bounded:
    """Z: the last output y_T (N, K), from the inputs and weights alone. See `propagated_states`."""
    with np.errstate(over="ignore", invalid="ignore"):  # see `_forward`
        x, _, initial = case.processed
        tensors = (x, *initial, *list(case.as_computed)[1:])
        if not all(np.isfinite(tensor).all() for tensor in tensors):
            return _certainly_nan(case)
        w = case.as_computed
        if not case.cell.one_sum:
            ops = BoundedNumbers(arithmetic)
            last = propagated_states(case, arithmetic)[0]
            output: Bounded = dense(ops, last, w, ops.activation(case.dense_activation))
            return output
        at_end = _propagated(case, w.dense_kernel, arithmetic)
        y, rounding = affine(at_end.state, w.dense_kernel, w.dense_bias, arithmetic, at_end.coarse)
        off = _known(at_end.carried + rounding, at_end)
        return activated(Bounded(y, off), ACTIVATIONS[case.dense_activation], arithmetic)


def propagated_states(case: Case, arithmetic: Arithmetic) -> tuple[Bounded, ...]:
    """Z for a layer: its states after the last step, (N, M), from finite inputs and weights.

    Where a step is one sum, with e_t the error of h_t and S_t the mean slope of f between the two
    preactivations, e_t = S_t (e_{t-1} Wh + affine error) + activation error, exactly. The slope is
    known up to an interval, m ± r, so that e_t = m (e_{t-1} Wh) + δ_t with |δ_t| ≤ |m|·affine +
    r·d_t + activation, d_t any bound on how far the preactivations differ (`_forward` finds a
    coarse one, which suffices: r·d is of second order). Unrolled to the output, the error is at
    most Σ_t |P_t|ᵀ δ_t with P_T = Wo and P_{t-1} = Wh (m_t ∘ P_t).

    Where the coarse bound explodes (long chaotic sequences), so does this one: such a case
    could not have shown a fault, and `comparison` says so. For softmax, whose units depend on
    each other, the coarse bound is all there is. A step that is masked has P_{t-1} = P_t and no
    error of its own.

    Other cells carry errors through their operations as symbols (`numerics.symbols`).
    """
    with np.errstate(over="ignore", invalid="ignore"):  # see `_forward`
        if case.cell.one_sum:
            at_end = _propagated(case, np.eye(case.M), arithmetic)
            return (Bounded(at_end.state, _known(at_end.carried, at_end) * INFLATION),)
        x, used, initial = case.processed
        names = [getattr(case, name) for name, _ in case.cell.activations]
        w = case.as_computed
        return tuple(propagated(case.cell.step, x, initial, w, names, arithmetic, used))


class _AtEnd(NamedTuple):
    """h_T (N, M), a coarse bound on its error (N, M), one after a readout, who is lost (N,)."""

    state: np.ndarray
    coarse: np.ndarray
    carried: np.ndarray
    unknown: np.ndarray


def _known(bound: np.ndarray, at_end: _AtEnd) -> np.ndarray:
    bound = np.nan_to_num(bound, nan=np.inf, posinf=np.inf)
    return np.where(at_end.unknown[:, None], np.inf, bound) if at_end.unknown.any() else bound


def _propagated(case: Case, readout: np.ndarray, arithmetic: Arithmetic) -> _AtEnd:
    (x, used, (initial, *_)), (_, Wx, Wh, bh, *_) = case.processed, case.as_computed
    activation = ACTIVATIONS[case.activation]
    states = states_of(case)
    before = np.concatenate([initial[:, None], states[:, :-1]], axis=1)
    steps = _affine_steps(x, Wx, Wh, bh, before, arithmetic)
    amplified = _amplification(case.D + case.M + 1, arithmetic)
    slope, local, coarse = _forward(
        states, Wh, steps, amplified, activation, arithmetic, None if used is None else used.T
    )
    carried = coarse @ np.abs(readout)
    if activation.elementwise:
        # NaN is infinity times zero: nothing is known from this side.
        carried = np.fmin(_adjoint(slope, local, Wh, readout, used), carried)
    lost = np.isinf(steps.bound).any(axis=2)
    unknown = (lost if used is None else lost & used).any(axis=1)
    return _AtEnd(states[:, -1], coarse, carried, unknown | np.isinf(coarse).any(axis=1))


def _adjoint(
    slope: np.ndarray,
    local: np.ndarray,
    Wh: np.ndarray,
    readout: np.ndarray,
    used: Optional[np.ndarray],
) -> np.ndarray:
    """Σ_t |P_t|ᵀ δ_t, (N, K), from slopes m_t and local errors δ_t, both (T, N, M).

    ``used`` is (N, T).
    """
    T, N, M = slope.shape
    # Units first, so that one product with Wh serves all samples.
    adjoint = np.repeat(readout[:, None], N, axis=1)
    slope = slope.swapaxes(1, 2)[..., None]
    error = np.zeros(adjoint.shape[1:])
    for t in range(T - 1, -1, -1):
        error += np.einsum("nm,mnk->nk", local[t], np.abs(adjoint))
        earlier = (Wh @ (slope[t] * adjoint).reshape(M, -1)).reshape(adjoint.shape)
        adjoint = earlier if used is None else np.where(used[:, t, None], earlier, adjoint)
    return error


def _certainly_nan(case: Case) -> Bounded:
    """Z where an input or weight is NaN or infinite: NaN where a NaN leads there, all else open.

    NaN times anything is NaN, whatever is rounded; what infinity leads to may depend on the sign of
    a rounding error. Zeros in place of all other numbers show where a NaN gets to.
    """
    chosen = ("activation", "recurrent_activation", "dense_activation")
    zeroed = case.replace(
        tensors=case.tensors.map(lambda t: np.where(np.isnan(t), t, np.zeros_like(t))),
        **dict.fromkeys(chosen, "linear"),
    )
    y = outputs_of(zeroed)[:, -1]
    return Bounded(y, np.where(np.isnan(y), 0.0, np.inf))


def _amplification(n: int, arithmetic: Arithmetic) -> float:
    """By how much an error in the previous state counts, where it adds π to a sum of n terms.

    It moves the sum itself by π. Every magnitude in `affine` grows by at most π, and the bound
    there by at most k π, k = u n (1 + γ_n) for the accumulation, operands that are cut, and, where
    sums are stored narrower, four more numbers.
    """
    accumulation = arithmetic.accumulation
    cut = (1 + arithmetic.operand_error) ** 2 - 1
    k = accumulation.unit_roundoff * n * (1 + cut + float(accumulation.gamma(n))) + cut
    if arithmetic.is_narrow:
        u = arithmetic.product_error
        k = (1 + u) ** 3 * (k + u * (4 + 4 * k))
    return 1 + k


def _affine_steps(
    x: np.ndarray,
    Wx: np.ndarray,
    Wh: np.ndarray,
    bh: np.ndarray,
    before: np.ndarray,
    arithmetic: Arithmetic,
) -> Bounded:
    """`affine` for all steps at once, (N, T, M), as if each previous state were exact.

    ``before`` are h_0 … h_{T-1}. A state that is 0 in the reference may not be 0 in the
    implementation: all M terms count.
    """
    operand = np.concatenate([x, before], axis=-1)
    uncertain = np.zeros_like(operand)
    uncertain[:, 1:, x.shape[-1] :] = arithmetic.storage.smallest_subnormal
    split = x.shape[-1]
    return affine(operand, np.concatenate([Wx, Wh]), bh, arithmetic, uncertain, split)


def _forward(
    states: np.ndarray,
    Wh: np.ndarray,
    steps: Bounded,
    amplified: float,
    activation: Activation,
    arithmetic: Arithmetic,
    used: Optional[np.ndarray] = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slopes m_t and local errors δ_t, both (T, N, M), and a coarse bound on |e_T|, (N, M).

    ``used`` (T, N) tells at which steps something is computed; elsewhere δ_t is 0.

    The coarse bound is the smaller of two: the box b_t ≤ s (b_{t-1} |Wh| + affine) + activation
    and the Euclidean norm, which grows by ‖Wh‖₂ only. Either may be NaN (0·∞), which `fmin`
    passes over.

    With an error e in the previous state every magnitude in `affine` grows by at most
    π = e|Wh|; ``amplified`` says what that makes of π (`_amplification`).
    """
    # Time comes first here: each step is one block of memory.
    h, z, affine_error = (np.ascontiguousarray(a.swapaxes(0, 1)) for a in (states, *steps))
    T, N, M = h.shape
    abs_Wh, norm_Wh = np.abs(Wh), np.linalg.norm(Wh, 2) * (1 + 1e-9)
    size = np.abs(h)
    ulps, rest = activation_error_parts(activation, z, size, arithmetic)
    ulps = np.broadcast_to(ulps, h.shape)
    # A bounded activation's output is within its own error of its range.
    k, absolute = arithmetic.activation_errors[activation.name]
    largest = activation.largest if activation.elementwise else np.inf
    most = size + largest * (1 + 2 * (k + 2) * arithmetic.unit_roundoff) + absolute
    # What a step adds: by its sum and by its activation; and how far its sum may be off at all.
    added, moving = np.empty((T, 2, N, M)), np.empty((T, N, M))
    by_sums, by_activations = added[:, 0], added[:, 1]
    box, norm, fits = np.zeros((N, M)), np.zeros((N, 1)), np.ones((N, 1), bool)
    limited = np.isfinite(activation.largest)
    for t in range(T):
        swollen = norm * norm_Wh
        carried = np.fmin(box @ abs_Wh, swollen)
        d = np.add(carried * amplified, affine_error[t], out=moving[t])
        steepest = activation.steepest(z[t], d)
        if activation.elementwise:
            moved = np.fmin(steepest * d, activation.span)
        else:
            moved = activation.moved(z[t], d)
        error = ulps[t] * arithmetic.storage.ulp(size[t] + moved) + rest[t]
        by_sums[t], by_activations[t] = d - carried, error
        by_sum, by_activation = _norms(added[t])
        new_norm = np.maximum.reduce(steepest, axis=1, keepdims=True) * (swollen + by_sum)
        new_norm += by_activation
        new_box = np.fmin(np.fmin(moved + error, new_norm), most[t])
        new_norm = np.fmin(new_norm, _norms(new_box))
        if used is None:
            box, norm = new_box, new_norm
        else:
            step = used[t][:, None]
            box, norm = np.where(step, new_box, box), np.where(step, new_norm, norm)
            added[t], moving[t] = np.where(step, added[t], 0.0), np.where(step, d, 0.0)
        if not limited:
            # A state that may overflow may be infinite, and NaN as soon as it meets a zero weight.
            fits &= (size[t] + box < arithmetic.storage.largest).all(axis=1, keepdims=True)
            box, norm = np.where(fits, box, np.inf), np.where(fits, norm, np.inf)
    least, greatest = activation.slopes(z - moving, z + moving)
    slope, radius = (least + greatest) / 2, (greatest - least) / 2
    return slope, np.abs(slope) * by_sums + radius * moving + by_activations, box


def _norms(a: np.ndarray) -> np.ndarray:
    """A bound on the Euclidean norm of each row, (…, M) to (…, 1); squares < 1e-308 underflow."""
    return np.sqrt((a * a) @ np.ones((a.shape[-1], 1))) + 1e-160
