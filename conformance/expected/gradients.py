"""R backwards: each step's derivatives from the implementation's own derivatives of the next step.

The equation is run backwards (`conformance.numerics.tape`) over bounded numbers. Where the
implementation shows a number, the equation goes on from that one: the states that it put out, its
outputs, and, through the tap of `strategies.gradients`, the derivative by the preactivations of
every step. So nothing is propagated through time, as in `conformance.expected.steps`, but what is
carried in a cell state or by an update gate, which a gate makes smaller at each step.
"""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any, Callable, NamedTuple

import numpy as np

from conformance.cells.dense import dense
from conformance.expected.recurrence import recurrence
from conformance.expected.steps import residual_states
from conformance.numerics.arithmetic import Arithmetic
from conformance.numerics.bounded import Bounded, exactly
from conformance.numerics.operations import BoundedNumbers, Number
from conformance.numerics.tape import Tape, Traced
from strategies import Case
from strategies.cases import unused_biases
from strategies.dtypes import computed
from strategies.gradients import Loss

#: A derivative is a product of several numbers. Where states or outputs are larger than this power
#: of the largest number, it may overflow in one order and not in another: nothing is said of it.
LARGE = 0.25


class Derivatives(NamedTuple):
    """Derivatives of a loss by what a network is made of.

    ``preactivations`` (N, T, m) and ``inputs`` (N, T, D) are in the order of processing,
    ``initial_states`` (N, M) each in the order of the cell's, ``weights`` by name, as far as the
    network has them.
    """

    preactivations: Any
    inputs: Any
    initial_states: tuple[Any, ...]
    weights: dict[str, Any]


def own_derivatives(
    case: Case, by_inputs: np.ndarray, weights: list[np.ndarray], states: tuple[np.ndarray, ...]
) -> Derivatives:
    """What an implementation returned for a case that is tapped, without the tap."""
    D = case.D - case.kernel.shape[-1]
    ordered = by_inputs[:, ::-1] if case.options.go_backwards else by_inputs
    of_weights = dict(zip(case.tensors.names[1:], weights))
    of_weights["kernel"] = of_weights["kernel"][:D]
    for name in unused_biases(case.dimensions):
        del of_weights[name]
    return Derivatives(ordered[..., D:], ordered[..., :D], states, of_weights)


def residual_derivatives(
    case: Case,
    loss: Loss,
    hidden: np.ndarray,
    output: np.ndarray,
    preactivations: np.ndarray,
    arithmetic: Arithmetic,
    *,
    computed_again: bool = False,
) -> Derivatives:
    """R for all derivatives, each a bounded number.

    Args:
        case: a case with a tap, of a network that puts out every step.
        loss: what the derivatives are of.
        hidden: the states (N, T, M) that the implementation put out.
        output: its outputs (N, T, K).
        preactivations: its derivatives by the preactivations (N, T, m), in the order of processing.
        arithmetic: how it rounds.
        computed_again: whether what is multiplied with a derivative by the preactivations may have
            computed it another time, with other roundings than the one that is shown. Compilers do
            this. Both are within the bound of what is expected from the step after it.
    """
    shown = exactly(preactivations)
    found = _residual(case, loss, hidden, output, shown, arithmetic)
    if computed_again:
        shown = shown._replace(bound=2 * found.preactivations.bound)
        found = _residual(case, loss, hidden, output, shown, arithmetic)
    return found


def _residual(
    case: Case,
    loss: Loss,
    hidden: np.ndarray,
    output: np.ndarray,
    preactivations: Bounded,
    arithmetic: Arithmetic,
) -> Derivatives:
    """R, where the derivatives by preactivations that are gone on from have bounds."""
    tape = Tape(_Numbers(arithmetic))
    x, used, initial = case.processed
    names = case.tensors.names[1:]
    w = SimpleNamespace(**{name: Traced(getattr(case.as_computed, name)) for name in names})
    _, carried = residual_states(case, hidden, arithmetic)
    shown = [exactly(hidden), *carried]
    taps = _Taps(preactivations)
    inputs = [taps.tapped(x[:, t], t) for t in range(case.T)]
    states = tuple(map(Traced, initial))
    functions = [tape.activation(getattr(case, name)) for name, _ in case.cell.activations]
    steps = iter(range(case.T))

    def step(x_t: Any, before: tuple[Any, ...]) -> tuple[Any, ...]:
        after, t = case.cell.step(tape, x_t, before, w, *functions), next(steps)
        for number, known in zip(after, shown):
            number.value = Bounded(known.value[:, t], known.bound[:, t])
        return tuple(after)

    zero = case.options.zero_output_for_mask
    emitted, _ = recurrence(tape, step, inputs, states, used, zero_output_for_mask=zero)
    by_results: list[tuple[Traced, np.ndarray]] = []
    by_output, by_hidden = (computed(array, case.dtype) for array in loss)
    for t, h in enumerate(emitted):
        y = dense(tape, h, w, tape.activation(case.dense_activation))
        y.value = exactly(output[:, t])
        by_results += [(y, by_output[:, t]), (h, by_hidden[:, t])]
    of_weights = [name for name in names if name not in unused_biases(case.dimensions)]
    wanted = [*inputs, *states, *(getattr(w, name) for name in of_weights)]
    found = [_bounded(number) for number in tape.gradients(by_results, wanted)]
    by_inputs, found = found[: case.T], found[case.T :]
    by_states, by_weights = found[: len(states)], found[len(states) :]
    _spread_unknown(taps.expected.bound)
    D = case.D - case.kernel.shape[-1]
    weights = dict(zip(of_weights, by_weights))
    weights["kernel"] = Bounded(*(part[:D] for part in weights["kernel"]))
    derivatives = Derivatives(
        taps.expected,
        Bounded(*(np.stack(parts, axis=1)[..., :D] for parts in zip(*by_inputs))),
        tuple(by_states),
        weights,
    )
    small = arithmetic.storage.largest**LARGE
    if all((np.abs(number.value) <= small).all() for number in (*shown, exactly(output))):
        return derivatives
    return _unknown(derivatives)


def _unknown(derivatives: Derivatives) -> Derivatives:
    """The same, with bounds of ∞."""

    def unknown(number: Bounded) -> Bounded:
        return Bounded(number.value, np.full(number.bound.shape, np.inf))

    return Derivatives(
        unknown(derivatives.preactivations),
        unknown(derivatives.inputs),
        tuple(map(unknown, derivatives.initial_states)),
        {name: unknown(number) for name, number in derivatives.weights.items()},
    )


class _Numbers(BoundedNumbers):
    """Bounded numbers of which what is not known may be infinite or NaN: times 0 it is not 0.

    A slope is not known where what it is taken at may have overflowed.
    """

    def times(self, a: Number, b: Number) -> Bounded:
        value, bound = super().times(a, b)
        unknown = np.isinf(_bounded(a).bound) | np.isinf(_bounded(b).bound)
        return Bounded(value, np.where(unknown, np.inf, bound))


class _Taps:
    """The derivatives by the preactivations: what they should be, and what to go on from."""

    def __init__(self, own: Bounded) -> None:
        self.own = own
        self.expected = Bounded(np.zeros(own.value.shape), np.zeros(own.value.shape))

    def tapped(self, x: np.ndarray, t: int) -> Traced:
        """The inputs of a step, (N, D), as operands of sums."""
        traced = Traced(x)
        traced.watched = partial(self._watch, t)
        return traced

    def _watch(self, t: int, weight: np.ndarray) -> Callable[[Any], Any]:
        """``weight`` (D, n) are columns of the kernel: its last rows say which."""
        places = weight[-self.own.value.shape[-1] :].any(axis=1)

        def seen(derivative: Any) -> Bounded:
            right = _bounded(derivative)
            for kept, part in zip(self.expected, right):
                kept[:, t, places] = part
            own = Bounded(*(part[:, t, places] for part in self.own))
            # Nothing follows from NaN: it is judged here, and the rest as if it were right.
            known = np.isfinite(own.value)
            return Bounded(*(np.where(known, *parts) for parts in zip(own, right)))

        return seen


def _spread_unknown(bound: np.ndarray) -> None:
    """Let a bound of ∞ be that of all units of its sample and step.

    The derivatives by the taps are products with the identity: 0 · ∞ is NaN.
    """
    bound[np.isinf(bound).any(axis=-1)] = np.inf


def _bounded(number: Any) -> Bounded:
    """A number with its bound, ∞ where something may have overflowed on the way."""
    value, bound = number if isinstance(number, Bounded) else exactly(number)
    return Bounded(value, np.where(np.isfinite(value) & ~np.isnan(bound), bound, np.inf))
