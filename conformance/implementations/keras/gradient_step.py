"""A step of gradient descent in Keras."""

from __future__ import annotations

from typing import Any, Optional, Sequence

import numpy as np

from conformance.implementations.capabilities.gradient_step import GradientStep, Stepped
from conformance.implementations.keras.adapter import KerasCapability
from conformance.implementations.keras.network import is_keras_2
from conformance.implementations.keras.plain_networks import by_layer, plain_network
from conformance.implementations.keras.trainable import arguments_that_freeze, freeze
from strategies.gradient_step import Step


class KerasGradientStep(KerasCapability, GradientStep):
    """On every backend that has gradients."""

    backends = ("tensorflow", "jax", "torch")

    @property
    def ways(self) -> tuple[str, ...]:
        # Without ``run_eagerly``, JAX compiles a step.
        return ("eager", "fit") if self.adapter.backend == "torch" else ("eager", "graph", "fit")

    def stepped(self, question: Step, dtype: str) -> Stepped:
        keras = self.adapter.library()
        keras.backend.set_floatx(question.floatx)
        options = by_layer(
            keras, constraint=question.constraints, regularizer=question.regularizers
        )
        options["simple_rnn"].update(arguments_that_freeze(question.frozen))
        size = (question.T, question.D, question.M, question.K)
        network = plain_network(keras, dtype, *size, options)
        model = keras.Model(network.inputs, network.output)
        x, *weights = question.tensors.astype(dtype)
        # A model of Keras 2 has what is frozen last.
        network.simple_rnn.set_weights(weights[:3])
        network.dense.set_weights(weights[3:])
        freeze(question.frozen, model, network)
        compile_model(keras, model, keras.optimizers.SGD(question.rate), linear_loss, question.way)
        train(model, x, question.targets.astype(dtype), question.way)
        return Stepped(
            network.get_weights(),
            _entries(model.trainable_weights),
            _entries(model.non_trainable_weights),
        )


def compile_model(keras: Any, model: Any, optimizer: Any, loss: Any, way: str) -> None:
    """Prepare a model for `train`."""
    compiled = {} if is_keras_2(keras) else {"jit_compile": way == "xla"}
    model.compile(optimizer, loss=loss, run_eagerly=way == "eager", **compiled)


def train(
    model: Any, x: np.ndarray, targets: np.ndarray, way: str, weights: Optional[np.ndarray] = None
) -> None:
    """A step, with all samples in one batch; ``weights`` are factors of their losses."""
    more = {} if weights is None else {"sample_weight": weights}
    if way == "fit":
        model.fit(x, targets, batch_size=len(x), epochs=1, shuffle=False, verbose=0, **more)
    else:
        model.train_on_batch(x, targets, **more)


def linear_loss(targets: Any, outputs: Any) -> Any:
    """A loss that is linear in the outputs, so that its gradient does not round."""
    return targets * outputs


def _entries(weights: Sequence[Any]) -> int:
    return sum(int(np.prod(tuple(weight.shape))) for weight in weights)
