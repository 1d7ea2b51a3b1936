"""R for cells with states that are not emitted: those are carried from step to step as bounds.

Of an LSTM that gives back its sequence h is seen and c is not. Each step starts from the emitted h,
and from what is known of c. That grows by the forget gate alone, never by the recurrent kernel. And
the emitted h = o · tanh(c) says where c is: c is in the inverse image, which cuts the bound.

A cell whose only state is emitted has nothing to carry, and all steps are judged at once.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, NamedTuple, Optional, Sequence, Union

import numpy as np

from conformance.expected.recurrence import kept
from conformance.numerics.activations import ACTIVATIONS
from conformance.numerics.arithmetic import Arithmetic
from conformance.numerics.bounded import Bounded, activation_error
from conformance.numerics.operations import BoundedNumbers
from strategies.cell import Cell


def residual_steps(
    cell: Cell,
    x: np.ndarray,
    emitted: np.ndarray,
    states: Sequence[np.ndarray],
    w: Any,
    activations: Sequence[str],
    arithmetic: Arithmetic,
    used: Optional[np.ndarray] = None,
    zero_output_for_mask: bool = False,
) -> tuple[Bounded, list[Bounded]]:
    """R: each emitted state from the emitted one before it, and the other states after each step.

    All are (N, T, M). A state that is carried is known from all that was emitted up to its step.
    Where no carried state within its bound explains what is emitted, that is outside its own bound.

    Args:
        cell: the cell; its first state is emitted.
        x: inputs (N, T, D), in the order of processing.
        emitted: what the implementation emitted at each step, (N, T, M).
        states: the initial states, (N, M) each, in the order of the cell's.
        w: the weights by name.
        activations: the names of the cell's activations, in its order.
        arithmetic: how the implementation rounds.
        used: the mask (N, T): a step that is not used leaves the states as they were, and emits
            what was emitted before it.
        zero_output_for_mask: whether it emits 0 instead.
    """
    emitted = emitted.astype(float)
    first, *carried = states
    ops = BoundedNumbers(arithmetic)
    all_steps = _Steps(ops)
    before = Bounded(kept(emitted, first, used)[:, :-1], np.zeros(emitted.shape))
    functions = [all_steps.activation(name) for name in activations]
    hidden = [_Later("carried", (k,)) for k in range(len(carried))]
    inputs = Bounded(x, np.zeros(x.shape))
    new, *after = cell.step(all_steps, inputs, (before, *hidden), w, *functions)
    known: list[Bounded] = []
    if carried:
        seen = None if isinstance(new, Bounded) else _seen(new, after, emitted, ops)
        new, known = _carry(ops, new, after, carried, emitted, seen, used)
    if used is not None and not used.all():
        repeated = kept(emitted, np.zeros_like(first), used)[:, 1:]
        if zero_output_for_mask:
            repeated = np.zeros_like(repeated)
        on = used[:, :, None]
        new = Bounded(np.where(on, new.value, repeated), np.where(on, new.bound, 0.0))
    return new, known


class _Later(NamedTuple):
    """A number that depends on a carried state, as the operation that makes it."""

    operation: str
    operands: tuple[Any, ...]


class _Steps:
    """The operations on numbers of all steps, (N, T, m), but for those that have to wait."""

    def __init__(self, ops: BoundedNumbers) -> None:
        self.ops = ops

    def affine(self, operands: Sequence[Any], weights: Sequence[np.ndarray], *addends: Any) -> Any:
        if any(isinstance(number, _Later) for number in (*operands, *addends)):
            return _Later("affine", (tuple(operands), tuple(weights), *addends))
        return self.ops.affine(operands, weights, *addends)

    def times(self, a: Any, b: Any) -> Any:
        return self._apply("times", a, b)

    def plus(self, a: Any, b: Any) -> Any:
        return self._apply("plus", a, b)

    def blend(self, z: Any, a: Any, b: Any) -> Any:
        return self._apply("blend", z, a, b)

    def split(self, a: Any, parts: int) -> list[Any]:
        if isinstance(a, _Later):
            return [_Later("part", (a, parts, k)) for k in range(parts)]
        return list(self.ops.split(a, parts))

    def activation(self, name: str) -> Callable[[Any], Any]:
        def of(z: Any) -> Any:
            if isinstance(z, _Later):
                return _Later("activation", (name, z))
            return self.ops.activation(name)(z)

        return of

    def _apply(self, operation: str, *numbers: Any) -> Any:
        if any(isinstance(number, _Later) for number in numbers):
            return _Later(operation, numbers)
        return getattr(self.ops, operation)(*numbers)


#: What has been computed already: the numbers of each operation, by identity.
Computed = Dict[int, Bounded]
Inverse = Callable[[np.ndarray], np.ndarray]


def _number(
    ops: BoundedNumbers,
    number: Any,
    carried: Sequence[Bounded],
    computed: Computed,
    t: Union[int, slice],
) -> Any:
    """A number at step t, or at all steps, from the carried states before it."""
    if isinstance(number, Bounded):
        return Bounded(number.value[:, t], number.bound[:, t])
    if not isinstance(number, _Later):
        if isinstance(number, tuple):
            return tuple(_number(ops, one, carried, computed, t) for one in number)
        return number
    if id(number) not in computed:
        if number.operation == "carried":
            return carried[number.operands[0]]
        operands = [_number(ops, one, carried, computed, t) for one in number.operands]
        if number.operation == "part":
            whole, parts, k = operands
            result = ops.split(whole, parts)[k]
        elif number.operation == "activation":
            name, z = operands
            result = ops.activation(name)(z)
        else:
            result = getattr(ops, number.operation)(*operands)
        computed[id(number)] = result
    return computed[id(number)]


def _carry(
    ops: BoundedNumbers,
    new: Any,
    after: Sequence[Any],
    initial: Sequence[np.ndarray],
    emitted: np.ndarray,
    seen: Optional[tuple[int, np.ndarray, np.ndarray]],
    used: Optional[np.ndarray],
) -> tuple[Bounded, list[Bounded]]:
    """What is to be emitted at each step, and what is known of each carried state after it.

    ``seen`` is the place of a carried state, and the least and greatest that it can be after each
    step, (N, T, M), for what is emitted to be so.
    """
    T = emitted.shape[1]
    states = [Bounded(state, np.zeros(state.shape)) for state in initial]
    # Three for each step: before it, by its equation, and with what was emitted after all.
    history: list[tuple[list[Bounded], list[Bounded], list[Bounded]]] = []
    impossible = np.zeros(emitted.shape, bool)
    for t in range(T):
        computed: Computed = {}
        by_equation = [_number(ops, number, states, computed, t) for number in after]
        cut = list(by_equation)
        if seen is not None:
            k, low, high = seen
            cut[k], impossible[:, t] = _cut(by_equation[k], low[:, t], high[:, t])
        if used is not None:
            on = used[:, t, None]
            cut = [
                Bounded(np.where(on, a.value, b.value), np.where(on, a.bound, b.bound))
                for a, b in zip(cut, states)
            ]
        history.append((states, by_equation, cut))
        states = cut
    before, by_equation, cut = (
        [_stacked([step[place][k] for step in history]) for k in range(len(initial))]
        for place in range(3)
    )
    computed = {id(number): known for number, known in zip(after, by_equation)}
    value, bound = _number(ops, new, before, computed, slice(None))
    # No carried state explains what was emitted: however near it is, it is outside.
    nearest = np.abs(emitted - value) * (1 - 2.0**-20)
    return Bounded(value, np.where(impossible, np.fmin(bound, nearest), bound)), cut


def _stacked(steps: Sequence[Bounded]) -> Bounded:
    value, bound = (np.stack(arrays, axis=1) for arrays in zip(*steps))
    return Bounded(value, bound)


def _cut(number: Bounded, low: np.ndarray, high: np.ndarray) -> tuple[Bounded, np.ndarray]:
    """The part of a number between two limits, and where there is none, which changes nothing."""
    least = np.fmax(number.value - number.bound, low)
    greatest = np.fmin(number.value + number.bound, high)
    empty = least > greatest
    middle = least / 2 + greatest / 2
    bound = np.fmax(greatest - middle, middle - least) + 2.0**-51 * np.abs(middle)
    narrower = (bound < number.bound) & ~empty & np.isfinite(number.bound)
    cut = np.where(narrower, middle, number.value), np.where(narrower, bound, number.bound)
    return Bounded(*cut), empty & np.isfinite(number.bound)


def _seen(
    new: _Later, after: Sequence[Any], emitted: np.ndarray, ops: BoundedNumbers
) -> Optional[tuple[int, np.ndarray, np.ndarray]]:
    """Which carried state shows in what is emitted, and the least and greatest that it can be.

    The emitted number is followed back through products with a number of all steps, and through
    activations that have an inverse. None: it does not lead to the carried state after the step.
    """
    number: Any = new
    low = high = emitted
    for _ in range(8):
        for k, state in enumerate(after):
            if number is state:
                known = np.isfinite(emitted)
                return k, np.where(known, low, -np.inf), np.where(known, high, np.inf)
        if not isinstance(number, _Later):
            return None
        if number.operation == "times":
            a, b = number.operands
            factor, number = (a, b) if isinstance(a, Bounded) else (b, a)
            if not isinstance(factor, Bounded):
                return None
            low, high = _quotient(low, high, factor, ops)
        elif number.operation == "activation":
            name, number = number.operands
            if name != "linear" and name not in INVERSES:
                return None
            low, high = _argument(low, high, name, ops.arithmetic)
        else:
            return None
    return None


def _quotient(
    low: np.ndarray, high: np.ndarray, factor: Bounded, ops: BoundedNumbers
) -> tuple[np.ndarray, np.ndarray]:
    """The other factors of products between ``low`` and ``high`` once they were rounded.

    A product p is stored as p (1 + δ) + e with |δ| ≤ u and e what underflow and flushes to zero
    add, of the product and of the other factor. Where this one may be flushed, nothing is said.
    """
    u, storage = ops.arithmetic.unit_roundoff, ops.arithmetic.storage
    small = storage.smallest_subnormal
    least, greatest = factor.value - factor.bound, factor.value + factor.bound
    if ops.arithmetic.flushes_subnormals:
        tau = storage.smallest_normal
        small = 2 * tau * (1 + np.fmax(np.abs(least), np.abs(greatest)))
        certain = np.minimum(np.abs(least), np.abs(greatest)) >= tau
    else:
        certain = np.ones(least.shape, bool)
    off = u * (1 + 4 * u)  # at least u / (1 − u)
    low = low - off * np.abs(low) - small
    high = high + off * np.abs(high) + small
    quotients = np.stack([low / least, low / greatest, high / least, high / greatest])
    certain = certain & (np.sign(least) * np.sign(greatest) > 0)
    wider = 1 + 2.0**-50
    low, high = quotients.min(axis=0), quotients.max(axis=0)
    low = np.where(low > 0, low / wider, low * wider)
    high = np.where(high > 0, high * wider, high / wider)
    return np.where(certain, low, -np.inf), np.where(certain, high, np.inf)


def _argument(
    low: np.ndarray, high: np.ndarray, name: str, arithmetic: Arithmetic
) -> tuple[np.ndarray, np.ndarray]:
    """The arguments of an activation of which an implementation has values from low to high."""
    if name == "linear":
        return low, high
    # The true value is off by some ulp of itself, which is so much larger at most.
    k, absolute = arithmetic.activation_errors[name]
    u, small = arithmetic.unit_roundoff, arithmetic.storage.smallest_subnormal
    size = np.maximum(np.abs(low), np.abs(high))
    size = size * (1 + 4 * (k + 2) * u) + 2 * (absolute + k * small)
    zero = np.zeros_like(size)
    off = activation_error(ACTIVATIONS[name], zero, size, zero, arithmetic) + 2.0**-50 * size
    least, greatest = INVERSES[name]
    low, high = least(low - off), greatest(high + off)
    return low - 2.0**-49 * np.abs(low), high + 2.0**-49 * np.abs(high)


def _inverse_of_tanh(a: np.ndarray) -> np.ndarray:
    return np.arctanh(np.clip(a, -1.0, 1.0))


#: The least argument with at least this value, the greatest with at most this value.
INVERSES: dict[str, tuple[Inverse, Inverse]] = {
    "tanh": (_inverse_of_tanh, _inverse_of_tanh),
    "relu": (lambda a: np.where(a > 0, a, -np.inf), lambda a: np.maximum(a, 0.0)),
}
