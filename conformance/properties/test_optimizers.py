"""Optimizers: a step of SGD or of Adam leaves what its formula says."""

from __future__ import annotations

import numpy as np

from conformance.checking.check import holds_for
from conformance.checking.judging import judge, require_equal
from conformance.checking.record import Record
from conformance.expected.comparison import Comparison
from conformance.expected.optimizers import loss_gradients, stepped
from conformance.implementations.capabilities.optimizers import Optimizers
from strategies.optimizers import Training, trainings
from strategies.plain_networks import WEIGHTS

OFF = "the {quantity} differs from the optimizer's formula by more than rounding explains"


@holds_for(
    needs=(Optimizers,),
    per_mode=False,
    builds=True,
    often=2,
    training=lambda subject: trainings(
        ways=subject.capability(Optimizers).ways,
        more=subject.capability(Optimizers).optimizer_arguments(),
        dtype=subject.dtype,
    ),
)
def test_steps_of_an_optimizer_equal_its_formula(record: Record, training: Training) -> None:
    """Steps of an optimizer equal its formula.

    SGD with momentum, Nesterov's or not, and Adam: the weights, and what the optimizer remembers
    of each. With gradients that are clipped or accumulated, decay of weights, a schedule, and
    weights of samples. Each step is judged from what was there before it.
    """
    gradients = [loss_gradients(training, training.batch(i)) for i in range(training.times)]
    optimizers = record.subject.capability(Optimizers)
    steps = optimizers.trained(training, gradients, record.subject.dtype)
    _, *weights = training.tensors
    names = training.remembered
    before = [{name: np.zeros_like(weight) for name in names} for weight in weights]
    for i, step in enumerate(steps):
        expected = stepped(training, i, gradients, before, record.subject.arithmetic)
        for (layer, weight), got, remembered, after in zip(
            WEIGHTS, step.weights, step.remembered, expected
        ):
            where = f"{weight} of {layer} after step {i + 1}"
            require_equal(f"what is remembered of the {where}", [*remembered], [*names])
            found = {where: (got, after.weight)}
            found.update(
                {f"{n} of the {where}": (remembered[n], after.remembered[n]) for n in names}
            )
            for quantity, (array, wanted) in found.items():
                axes = ("row", "column")[-array.ndim :]
                judge(record, Comparison(quantity, axes, array, *wanted), sentence=OFF)
        before = step.remembered
