"""Steps of the optimizers of Keras, applied to gradients that are given, or in training."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from conformance.implementations.capabilities.optimizers import Optimizers, Trained
from conformance.implementations.keras.adapter import KerasCapability, as_tensor
from conformance.implementations.keras.gradient_step import (
    KerasGradientStep,
    compile_model,
    linear_loss,
    train,
)
from conformance.implementations.keras.plain_networks import plain_network
from strategies.optimizers import Training

#: Where an optimizer has what it remembers of the weights. Its public list of variables has another
#: order in each version.
ATTRIBUTES = {
    "momentum": "momentums",
    "m": "_momentums",
    "v": "_velocities",
    "v_hat": "_velocity_hats",
}
#: The same in TensorFlow before 2.11, by the name of a slot.
SLOTS = {"momentum": "momentum", "m": "m", "v": "v", "v_hat": "vhat"}


class KerasOptimizers(KerasCapability, Optimizers):
    """Wherever there are steps."""

    backends = KerasGradientStep.backends

    @property
    def ways(self) -> tuple[str, ...]:
        return (*KerasGradientStep(self.adapter).ways, "apply")

    def optimizer_arguments(self) -> tuple[str, ...]:
        taken = inspect.signature(self.adapter.library().optimizers.SGD.__init__).parameters
        return tuple(n for n in ("weight_decay", "gradient_accumulation_steps") if n in taken)

    def trained(
        self, question: Training, gradients: list[list[np.ndarray]], dtype: str
    ) -> list[Trained]:
        keras = self.adapter.library()
        keras.backend.set_floatx(question.floatx)
        size = (question.T, question.D, question.M, question.K)
        network = plain_network(keras, dtype, *size, {"simple_rnn": {}, "dense": {}})
        model = keras.Model(network.inputs, network.output)
        optimizer = made_optimizer(keras, question)
        loss = linear_loss if question.loss == "linear" else question.loss
        compile_model(keras, model, optimizer, loss, question.way)
        steps = []
        for i in range(question.times):
            batch = question.batch(i)
            model.set_weights([weight.astype(dtype) for weight in batch.weights])
            if question.way == "apply":
                found = (as_tensor(keras, g.astype(dtype)) for g in gradients[i])
                optimizer.apply_gradients(zip(found, model.trainable_variables))
            else:
                x, targets = batch.inputs.astype(dtype), batch.targets.astype(dtype)
                train(model, x, targets, question.way, batch.sample_weights)
            arrays = {
                name: [np.array(variable.numpy()) for variable in variables]
                for name, variables in remembered(question, optimizer, model).items()
            }
            of_each = [
                {name: found[k] for name, found in arrays.items() if found}
                for k, _ in enumerate(batch.weights)
            ]
            steps.append(Trained(network.get_weights(), of_each))
        return steps


def made_optimizer(keras: Any, question: Training) -> Any:
    """The optimizer, with a schedule where it has one."""
    arguments = dict(question.optimizer.arguments)
    rates = arguments.get("learning_rate")
    if isinstance(rates, tuple):
        schedule = keras.optimizers.schedules.PiecewiseConstantDecay
        arguments["learning_rate"] = schedule(list(range(len(rates) - 1)), list(rates))
    return getattr(keras.optimizers, question.optimizer.name)(**arguments)


def remembered(question: Training, optimizer: Any, model: Any) -> dict[str, list[Any]]:
    """The variables of the optimizer, by name and for each weight."""
    names = question.remembered
    if hasattr(optimizer, "get_slot"):
        weights = model.trainable_variables
        return {n: [optimizer.get_slot(weight, SLOTS[n]) for weight in weights] for n in names}
    return {name: getattr(optimizer, ATTRIBUTES[name], []) for name in names}
