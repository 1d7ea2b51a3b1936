"""Z for any cell: bounds that remember which errors they share, carried through time.

Where only the end of a sequence is visible, bounds are carried from step to step. Bounds alone grow
like the powers of |Wh|; errors do not, because those of one source cancel. So each error is written
as a sum of symbols of unknown size, and the sums are carried: de Figueiredo and Stolfi, *Affine
arithmetic: concepts and applications*, Numerical Algorithms 37 (2004).

An implementation's number is

    value + Σ_s G_s ε_s + r,   |ε_s| ≤ 1,   |r| ≤ rest

Sums map G by the weights. A product maps it to b G_a + a G_b, and leaves αβ in the rest, exactly.
An activation maps it by the middle of its slopes over z ± d, and leaves their radius times d (the
mean value theorem). After each step the rests of the states become symbols.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Optional, Sequence, Union

import numpy as np

from conformance.numerics.activations import ACTIVATIONS
from conformance.numerics.arithmetic import REFERENCE, Arithmetic
from conformance.numerics.bounded import INFLATION, Bounded, activated
from conformance.numerics.operations import BoundedNumbers, parts_of


class Symbolic(NamedTuple):
    """A number (N, m) in a step, by the errors of the P state entries before the step.

    Its error is errors · ``gain`` + r, with gain (N, P, m) or (P, m) and |r| ≤ ``rest``; and at
    most ``bound``.
    """

    value: np.ndarray
    bound: np.ndarray
    gain: np.ndarray
    rest: np.ndarray


#: What is known of a number: all, a bound of its own, or how it depends on the states.
Number = Union[np.ndarray, Symbolic]


#: Of smaller errors the slopes of activations hardly depend, so that coarse bounds of them do.
SMALL = 2.0**-12


class SymbolicNumbers:
    """The operations on `Symbolic` numbers, of an implementation that rounds in this arithmetic.

    A result's bound is that of `BoundedNumbers`: what the operands' bounds move it by, each with a
    factor, and what is left. Of the operands' rests, the rest has the same multiples, and all that
    is left. It is got by subtraction, which `INFLATION` makes room for.
    """

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic
        self.bounded = BoundedNumbers(arithmetic)
        #: The errors of the state entries before the step by symbols, (N, S, P).
        self.symbols = np.zeros((1, 0, 1))

    def affine(
        self, operands: Sequence[Number], weights: Sequence[np.ndarray], *addends: Number
    ) -> Any:
        known = self.bounded.affine(
            [_bounded(a) for a in operands], weights, *(_bounded(a) for a in addends)
        )
        gains = [a.gain @ w for a, w in zip(operands, weights) if isinstance(a, Symbolic)]
        rest = known.bound
        for a, w in zip(operands, weights):
            if isinstance(a, Symbolic):
                rest = rest - (a.bound - a.rest) @ np.abs(w)
        for addend in addends:
            if isinstance(addend, Symbolic):
                gains.append(addend.gain)
                rest = rest - (addend.bound - addend.rest)
        z = _symbolic(known, gains, rest)
        if not gains or not (z.bound > SMALL).any() or len(z.gain) != self.symbols.shape[-1]:
            return z
        bound, _ = _by_symbols(self.symbols @ z.gain, z.rest, z.bound)
        return z._replace(bound=np.fmin(z.bound, bound))

    def times(self, a: Number, b: Number) -> Any:
        x, y = _value(a), _value(b)
        return _moved(self.bounded.times(_bounded(a), _bounded(b)), (y, a), (x, b))

    def plus(self, a: Number, b: Number) -> Any:
        one = np.ones(())
        return _moved(self.bounded.plus(_bounded(a), _bounded(b)), (one, a), (one, b))

    def blend(self, z: Number, a: Number, b: Number) -> Any:
        w, x, y = _value(z), _value(a), _value(b)
        known = self.bounded.blend(_bounded(z), _bounded(a), _bounded(b))
        return _moved(known, (x - y, z), (w, a), (1 - w, b))

    def split(self, a: Number, parts: int) -> list[Any]:
        if not isinstance(a, Symbolic):
            return parts_of(a, parts)
        return [Symbolic(*s) for s in zip(*(parts_of(array, parts) for array in a))]

    def activation(self, name: str) -> Callable[[Number], Any]:
        f = ACTIVATIONS[name]

        def of(z: Number) -> Any:
            if not isinstance(z, Symbolic) or not f.elementwise:  # then the coarse way
                known = activated(Bounded(*_pair(z)), f, self.arithmetic)
                return _symbolic(known, [], known.bound)
            least, greatest = f.slopes(z.value - z.bound, z.value + z.bound)
            moved = np.fmin(np.fmax(np.abs(least), np.abs(greatest)) * z.bound, f.span)
            known = activated(Bounded(z.value, z.bound), f, self.arithmetic, moved)
            middle, radius = (least + greatest) / 2, (greatest - least) / 2
            error = known.bound - moved
            rest = np.abs(middle) * z.rest + radius * z.bound + error
            middle, rest = (np.where(known.bound == 0, 0.0, a) for a in (middle, rest))
            return Symbolic(*known, middle[..., None, :] * z.gain, rest)

        return of


def propagated(
    step: Callable[..., Sequence[Any]],
    x: np.ndarray,
    states: Sequence[np.ndarray],
    w: Any,
    activations: Sequence[str],
    arithmetic: Arithmetic,
    used: Optional[np.ndarray] = None,
) -> list[Bounded]:
    """Z: each state (N, M) at the end of a sequence, from the inputs and weights alone.

    It takes memory and time of O(N T² M²) and O(N T² M³).

    Args:
        step: the equation of a cell (`strategies.cell.Cell`).
        x: inputs (N, T, D), in the order of processing.
        states: the initial states, (N, M) each.
        w: the weights by name.
        activations: the names of the cell's activations, in its order.
        arithmetic: how the implementation rounds.
        used: the mask (N, T): a step that is not used leaves the states as they were.
    """
    ops = SymbolicNumbers(arithmetic)
    functions = [ops.activation(name) for name in activations]
    ends = np.cumsum([state.shape[-1] for state in states])[:-1]
    value = np.concatenate(states, axis=-1)
    (N, T, _), P = x.shape, value.shape[-1]
    bound, gain = np.zeros((N, P)), np.zeros((N, T * P, P))
    own = np.split(np.eye(P), ends, axis=-1)
    entries = np.arange(P)
    for t in range(T):
        ops.symbols = gain[:, : t * P]
        before = [
            Symbolic(*parts, np.zeros_like(parts[0]))
            for parts in zip(np.split(value, ends, -1), np.split(bound, ends, -1), own)
        ]
        after = [_whole(number, P) for number in step(ops, x[:, t], before, w, *functions)]
        new, box, rest = (
            np.concatenate([getattr(number, name) for number in after], axis=-1)
            for name in ("value", "bound", "rest")
        )
        mapped = ops.symbols @ np.concatenate([number.gain for number in after], axis=-1)
        mapped, new_bound, rest = _narrowed(mapped, box, rest)
        if used is not None:
            on = used[:, t, None]
            new, new_bound = np.where(on, new, value), np.where(on, new_bound, bound)
            mapped, rest = np.where(on[..., None], mapped, ops.symbols), np.where(on, rest, 0.0)
        value, bound = new, new_bound
        gain[:, : t * P] = mapped
        gain[:, t * P + entries, entries] = rest
    return [Bounded(*pair) for pair in zip(np.split(value, ends, -1), np.split(bound, ends, -1))]


def _narrowed(
    mapped: np.ndarray, box: np.ndarray, rest: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The symbols of the states (N, S, P), their bounds (N, P), and the size of their new symbols.

    ``box`` bounds the errors without symbols, from the bounds before the step. Where it is much
    smaller, symbols have nothing to say, and the box becomes the new symbol; ∞ becomes none.
    """
    bound, rest = _by_symbols(mapped, rest, box)
    kept = (bound <= 2 * box) & np.isfinite(box)
    if not kept.all():
        mapped, rest = np.where(kept[:, None], mapped, 0.0), np.where(kept, rest, box)
        bound = np.where(kept, bound, box)
    return mapped, np.fmin(bound, box), np.where(np.isfinite(rest), rest, 0.0)


def _by_symbols(
    mapped: np.ndarray, rest: np.ndarray, box: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A bound from symbols (N, S, m), and the rest with what rounding in float64 does to them.

    That is less than so many units of what the symbols may be at most, which is in the box.
    """
    rest = rest + (mapped.shape[-1] + 32) * REFERENCE.unit_roundoff * box
    return (np.abs(mapped).sum(axis=1) + rest) * INFLATION, rest


def _moved(known: Bounded, *factors: tuple[np.ndarray, Number]) -> Any:
    """What is moved by each operand, times its factor, and by more that the bound tells."""
    gains, rest = [], known.bound
    for factor, operand in factors:
        if isinstance(operand, Symbolic):
            gains.append(factor[..., None, :] * operand.gain if factor.ndim else operand.gain)
            rest = rest - np.abs(factor) * (operand.bound - operand.rest)
    return _symbolic(known, gains, rest)


def _symbolic(known: Bounded, gains: Sequence[np.ndarray], rest: np.ndarray) -> Any:
    if not gains:
        return known.value if not known.bound.any() else _own(known)
    return Symbolic(*known, sum(gains[1:], gains[0]), rest)


def _own(known: Bounded) -> Symbolic:
    """A number that is moved by no state."""
    return Symbolic(*known, np.zeros((1, known.value.shape[-1])), known.bound)


def _whole(number: Number, P: int) -> Symbolic:
    """A state after a step, its gain (N, P, m)."""
    if not isinstance(number, Symbolic):
        number = _own(Bounded(*_pair(number)))
    shape = (len(number.value), P, number.value.shape[-1])
    if number.gain.shape == shape:
        return number
    return number._replace(gain=np.broadcast_to(number.gain, shape))


def _value(number: Number) -> np.ndarray:
    return number.value if isinstance(number, Symbolic) else number


def _pair(number: Number) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(number, Symbolic):
        return number.value, number.bound
    return number, np.zeros(np.shape(number))


def _bounded(number: Number) -> Union[np.ndarray, Bounded]:
    return Bounded(number.value, number.bound) if isinstance(number, Symbolic) else number
