"""What a step of an optimizer leaves, and how far rounding may lead from it.

Each step starts from what the implementation had before it: its weights, what its optimizer
remembered, and a gradient that is exact. So no step is blamed for another.

- SGD is that of Sutskever et al. (2013), as Keras documents it: v ← μ v − η g, w ← w + v, and with
  ``nesterov`` w ← w + μ v − η g.
- Adam is that of Kingma and Ba (2015), in the order of computation that the end of their section 2
  gives: w ← w − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε). Keras and TensorFlow document this ε; in
  Algorithm 1 of the paper, and in torch, ε is multiplied with √(1 − β₂ᵗ).
- Weight decay comes before the step: w ← w − η λ w.
- Where gradients are accumulated, their mean is the gradient, and t counts the moves of weights; a
  schedule counts all steps.
"""

from __future__ import annotations

from typing import NamedTuple, Sequence

import numpy as np

from conformance.expected.gradient_step import gradients_of
from conformance.numerics.arithmetic import REFERENCE, Arithmetic
from conformance.numerics.bounded import INFLATION, Bounded, exactly
from conformance.numerics.operations import BoundedNumbers, Number
from strategies.optimizers import Batch, Training

#: The power β^t is off by at most so many ulp, and by the rounding of β t times.
POWER_ULPS = 4


class After(NamedTuple):
    """A weight after a step, and what the optimizer remembers of it, by name."""

    weight: Bounded
    remembered: dict[str, Bounded]


def loss_gradients(training: Training, batch: Batch) -> list[np.ndarray]:
    """The gradients of the loss by the five weights, exactly."""

    def by_output(output: np.ndarray) -> np.ndarray:
        by = batch.targets
        if training.loss == "mean_squared_error":
            by = 2 * (output - batch.targets)
        factors = 1.0 if batch.sample_weights is None else batch.sample_weights[:, None]
        return by * factors / output.size

    return gradients_of(batch.inputs, batch.weights, by_output)


def stepped(
    training: Training,
    i: int,
    gradients: Sequence[Sequence[np.ndarray]],
    remembered: Sequence[dict[str, np.ndarray]],
    arithmetic: Arithmetic,
) -> list[After]:
    """The five weights after step ``i``, from 0, and what is then remembered of them.

    Args:
        training: the optimizer, and what it is given.
        i: the step.
        gradients: those of each step by the five weights, of `loss_gradients`.
        remembered: what the implementation remembered of each weight before it.
        arithmetic: how it rounds.
    """
    batch, ops = training.batch(i), _Numbers(arithmetic)
    if (i + 1) % training.together:  # it is kept for a later step
        return [
            After(exactly(weight), {name: exactly(array) for name, array in before.items()})
            for weight, before in zip(batch.weights, remembered)
        ]
    of_each = zip(*gradients[i + 1 - training.together : i + 1])
    means = _clipped(ops, training, [np.mean(some, axis=0) for some in of_each])
    step = _sgd if training.optimizer.name == "SGD" else _adam
    return [
        step(
            ops,
            training,
            i,
            _decayed(ops, training, i, exactly(weight)),
            gradient,
            {name: array.astype(float) for name, array in before.items()},
        )
        for weight, gradient, before in zip(batch.weights, means, remembered)
    ]


def _sgd(
    ops: _Numbers, training: Training, i: int, w: Bounded, g: Bounded, before: dict[str, np.ndarray]
) -> After:
    down = negative(ops.times(ops.number(training.rate(i)), g))
    momentum = training.arguments["momentum"]
    if not momentum:
        return After(ops.plus(w, down), {})
    mu = ops.number(momentum)
    v = ops.plus(ops.times(mu, before["momentum"]), down)
    if training.arguments["nesterov"]:
        return After(ops.total([w, ops.times(mu, v), down]), {"momentum": v})
    return After(ops.plus(w, v), {"momentum": v})


def _adam(
    ops: _Numbers, training: Training, i: int, w: Bounded, g: Bounded, before: dict[str, np.ndarray]
) -> After:
    arguments, t = training.arguments, (i + 1) // training.together
    one, two = arguments["beta_1"], arguments["beta_2"]
    m = ops.blend(ops.number(one), before["m"], g)
    v = ops.blend(ops.number(two), before["v"], ops.times(g, g))
    remembered = {"m": m, "v": v}
    if arguments["amsgrad"]:
        largest = (np.maximum(a, b) for a, b in zip(v, exactly(before["v_hat"])))
        v = remembered["v_hat"] = Bounded(*largest)
    rate = ops.times(ops.number(training.rate(i)), ops.root(ops.one_less_power(two, t)))
    rate = ops.over(rate, ops.one_less_power(one, t))
    below = ops.plus(ops.root(v), ops.number(arguments["epsilon"]))
    return After(ops.plus(w, negative(ops.over(ops.times(m, rate), below))), remembered)


def _decayed(ops: _Numbers, training: Training, i: int, w: Bounded) -> Bounded:
    """What is left of a weight: w − η λ w."""
    decay = training.arguments.get("weight_decay")
    if not decay:
        return w
    part = ops.times(ops.times(w, ops.number(decay)), ops.number(training.rate(i)))
    return ops.plus(w, negative(part))


def _clipped(ops: _Numbers, training: Training, gradients: Sequence[np.ndarray]) -> list[Bounded]:
    """The gradients cut off, each made shorter, or all made shorter together.

    The norm of n entries is off by at most γ_{n+2} of itself, and the quotient, the product and
    the inverses on the way by less than 6 roundings more.
    """
    arguments = training.arguments
    if "clipvalue" in arguments:
        limit = arguments["clipvalue"]
        return [exactly(np.clip(g, -limit, limit)) for g in gradients]
    limit = arguments.get("clipnorm", arguments.get("global_clipnorm"))
    if limit is None:
        return [exactly(g) for g in gradients]
    groups = [[g] for g in gradients] if "clipnorm" in arguments else [list(gradients)]
    clipped = []
    for group in groups:
        norm = np.sqrt(sum(np.square(g).sum() for g in group))
        n = sum(g.size for g in group)
        off = float(ops.arithmetic.storage.gamma(n + 8) + REFERENCE.gamma(n + 8))
        for g in group:
            value = g * (limit / max(norm, limit))
            clipped.append(Bounded(value, np.abs(value) * off))
    return clipped


def negative(a: Bounded) -> Bounded:
    """−a."""
    return Bounded(-a.value, a.bound)


class _Numbers(BoundedNumbers):
    """Bounded numbers with what optimizers need besides: roots, quotients, powers."""

    def number(self, a: float) -> Bounded:
        """A number that is given in decimals, and stored."""
        error = 0.0 if float(np.float32(a)) == a else self.unit * abs(a)
        return Bounded(np.full(1, a), np.full(1, error))

    def root(self, a: Bounded) -> Bounded:
        """√a: what moves it is at most α / (√a + √(a − α)), or √α; it rounds within an ulp."""
        value = np.sqrt(a.value)
        low = np.sqrt(np.maximum(a.value - a.bound, 0))
        below = value + low
        moved = np.where(below > 0, a.bound / np.where(below > 0, below, 1), np.sqrt(a.bound))
        return Bounded(value, (moved + 2 * self.unit * (value + moved)) * INFLATION)

    def over(self, a: Number, b: Bounded) -> Bounded:
        """The quotient: (α + |a / b| β) / (|b| − β), and a rounding; ∞ where b may be 0."""
        x, off = a if isinstance(a, Bounded) else exactly(a)
        least = np.abs(b.value) - b.bound
        known = least > 0
        value = x / np.where(b.value == 0, 1, b.value)
        moved = (off + np.abs(value) * b.bound) / np.where(known, least, 1)
        bound = moved + self.unit * (np.abs(value) + moved) + self._small + self._flushed
        return Bounded(value, np.where(known, bound * INFLATION, np.inf))

    def one_less_power(self, beta: float, t: int) -> Bounded:
        """1 − β^t, in which most of the errors of β^t stay while the number becomes small."""
        power = beta**t
        error = (t + 2 * POWER_ULPS) * self.unit * power + self.unit * (1 - power)
        return Bounded(np.full(1, 1 - power), np.full(1, error * INFLATION))
