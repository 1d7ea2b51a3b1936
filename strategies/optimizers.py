"""Training with an optimizer, in steps whose gradients do not round."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Optional, Sequence

import numpy as np
from hypothesis import strategies as st

from strategies.choices import Choice
from strategies.facts import has_facts
from strategies.plain_networks import PlainNetwork, plain_networks

#: What the constructors take where they are told nothing, as documented.
DEFAULTS: dict[str, dict[str, Any]] = {
    "SGD": {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False},
    "Adam": {
        "learning_rate": 0.001,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-7,
        "amsgrad": False,
    },
}
LOSSES = ("linear", "mean_squared_error")
#: Ways to limit gradients, of which an optimizer has at most one.
CLIPPING = ("clipnorm", "global_clipnorm", "clipvalue")


class Batch(NamedTuple):
    """What a step is made with.

    Inputs (N, T, D), five weights, targets (N, K); a factor of each sample's loss, (N,), or None.
    """

    inputs: np.ndarray
    weights: list[np.ndarray]
    targets: np.ndarray
    sample_weights: Optional[np.ndarray]


@has_facts(traits=frozenset())
@dataclass(frozen=True)
class Training(PlainNetwork):
    """Steps of an optimizer on the mean of targets · outputs, or of (outputs − targets)².

    Before each step the weights are set to new whole numbers, so that its gradient does not round;
    what the optimizer remembers stays. In ``optimizer`` a ``learning_rate`` of several numbers is a
    schedule: one for each step, the last for all after them. With ``gradient_accumulation_steps``
    only the last of so many steps moves the weights, down the mean of their gradients.
    """

    optimizer: Choice
    loss: str
    weighted: bool
    times: int

    @property
    def facts(self) -> dict[str, Any]:
        """What the condition of a known deviation may ask."""
        named = {name for name, _ in self.optimizer.arguments}
        numbers = {n: [v] for n, v in self.arguments.items() if isinstance(v, float)}
        numbers["learning_rate"] = [self.rate(i) for i in range(self.times)]
        decimal = {
            f"decimal {name}"
            for name, values in numbers.items()
            if any(float(np.float32(value)) != value for value in values)
        }
        chosen = {self.optimizer.name, self.loss, self.way, f"floatx {self.floatx}"}
        scheduled = isinstance(self.optimizer.get("learning_rate", None), tuple)
        schedule = {"a schedule"} if scheduled else set()
        return {"traits": frozenset(chosen | named | decimal | schedule)}

    @property
    def arguments(self) -> dict[str, Any]:
        """What the optimizer was given, and its defaults; the learning rate of the first step."""
        given = {**DEFAULTS[self.optimizer.name], **dict(self.optimizer.arguments)}
        return {**given, "learning_rate": self.rate(0)}

    @property
    def remembered(self) -> tuple[str, ...]:
        """The names of what the optimizer remembers of each weight."""
        if self.optimizer.name == "SGD":
            return ("momentum",) if self.arguments["momentum"] else ()
        return ("m", "v", "v_hat") if self.arguments["amsgrad"] else ("m", "v")

    @property
    def together(self) -> int:
        """How many steps move the weights once."""
        return int(self.arguments.get("gradient_accumulation_steps", 1))

    def rate(self, i: int) -> float:
        """The learning rate of step ``i``, from 0."""
        default = DEFAULTS[self.optimizer.name]["learning_rate"]
        rates = self.optimizer.get("learning_rate", default)
        return float(rates[min(i, len(rates) - 1)] if isinstance(rates, tuple) else rates)

    def batch(self, i: int) -> Batch:
        """What step ``i`` is made with, from 0."""
        inputs, *weights = replace(self, seed=self.seed + i).tensors
        rng = np.random.default_rng((self.seed, i))
        targets = rng.integers(-2, 3, (self.N, self.K)).astype(float)
        factors = rng.choice([0.0, 0.5, 1.0, 2.0], self.N)
        # The linear loss is a number for each output: how to weigh these is not documented.
        weighted = self.weighted and self.loss != "linear"
        return Batch(inputs, weights, targets, factors if weighted else None)


def optimizers(*, more: Sequence[str] = ()) -> st.SearchStrategy[Choice]:
    """SGD or Adam, with their arguments; ``more`` are arguments that not every library has.

    Most are given or not. Shrinks towards SGD without a momentum.
    """
    numbers: dict[str, tuple[float, ...]] = {
        "learning_rate": (0.25, 0.0078125, 0.1),
        "momentum": (0.0, 0.5, 0.875, 0.9),
        "beta_1": (0.5, 0.875, 0.8),
        "beta_2": (0.75, 0.9375, 0.99),
        "epsilon": (0.25, 2.0**-23, 1e-3),
        "weight_decay": (0.25, 0.01),
        "gradient_accumulation_steps": (2,),
    }
    of_both = ("learning_rate", *more)
    clipping = st.none() | st.tuples(st.sampled_from(CLIPPING), st.sampled_from((1.0, 0.25, 3.0)))

    def of_name(name: str) -> st.SearchStrategy[Choice]:
        names = dict.fromkeys((*DEFAULTS[name], *of_both))
        each: dict[str, st.SearchStrategy[Any]] = {
            n: st.sampled_from(numbers[n]) if n in numbers else st.booleans() for n in names
        }
        rate = each["learning_rate"]
        each["learning_rate"] = rate | st.tuples(rate, rate)
        # What is off by default is always drawn: few steps would have it on otherwise.
        always = {n: each.pop(n) for n in ("momentum", "nesterov", "amsgrad") if n in each}
        given = st.fixed_dictionaries(always, optional=each)
        return st.builds(
            lambda drawn, clip: Choice(name, (*drawn.items(), *([clip] if clip else []))),
            given,
            clipping,
        )

    return st.sampled_from(tuple(DEFAULTS)).flatmap(of_name)


def trainings(
    *, ways: Sequence[str], more: Sequence[str] = (), dtype: str = "float32"
) -> st.SearchStrategy[Training]:
    """Up to four steps of an optimizer, in the given ``ways`` of execution, the first most often.

    ``more`` is as for `optimizers`.

    Raises:
        InvalidArgument: there is no way, or the dtype is unknown.
    """
    return st.builds(
        Training,
        **plain_networks(ways, dtype),
        optimizer=optimizers(more=more),
        loss=st.sampled_from(LOSSES),
        weighted=st.booleans(),
        times=st.integers(1, 4),
    )
