"""A step of gradient descent in Keras."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from conformance.implementations.capabilities.gradient_step import GradientStep, Stepped
from conformance.implementations.keras import layers
from conformance.implementations.keras.adapter import KerasCapability
from conformance.implementations.keras.choices import by_layer
from conformance.implementations.keras.network import is_keras_2
from conformance.implementations.keras.trainable import arguments_that_freeze, freeze
from strategies.gradient_step import Step


class KerasGradientStep(KerasCapability, GradientStep):
    """On every backend that has gradients."""

    backends = ("tensorflow", "jax", "torch")

    @property
    def ways(self) -> tuple[str, ...]:  # type: ignore[override]
        return self.adapter.step_ways

    def stepped(self, question: Step, dtype: str) -> Stepped:
        keras = self.adapter.library()
        keras.backend.set_floatx(question.floatx)
        options = by_layer(keras, "constraint", question.constraints)
        for layer, regularizers in by_layer(keras, "regularizer", question.regularizers).items():
            options[layer].update(regularizers)
        options["simple_rnn"].update(arguments_that_freeze(question.frozen))
        simple_rnn = layers.recurrent(
            keras, "simple_rnn", question.M, activation=None, dtype=dtype, **options["simple_rnn"]
        )
        dense = layers.dense(keras, question.K, dtype=dtype, **options["dense"])
        inputs = keras.Input((question.T, question.D), dtype=dtype)
        model = keras.Model(inputs, dense(simple_rnn(inputs)))
        x, *weights = question.tensors.astype(dtype)
        simple_rnn.set_weights(weights[:3])
        dense.set_weights(weights[3:])
        freeze(question.frozen, {"simple_rnn": simple_rnn, "dense": dense, "model": model})
        compiled = {} if is_keras_2(keras) else {"jit_compile": question.way == "xla"}
        model.compile(
            keras.optimizers.SGD(question.rate),
            linear_loss,
            run_eagerly=question.way == "eager",
            **compiled,
        )
        targets = question.targets.astype(dtype)
        if question.way == "fit":
            model.fit(x, targets, batch_size=len(x), epochs=1, shuffle=False, verbose=0)
        else:
            model.train_on_batch(x, targets)
        return Stepped(
            [*simple_rnn.get_weights(), *dense.get_weights()],
            _entries(model.trainable_weights),
            _entries(model.non_trainable_weights),
        )


def linear_loss(targets: Any, outputs: Any) -> Any:
    """A loss that is linear in the outputs, so that its gradient does not round."""
    return targets * outputs


def _entries(weights: Sequence[Any]) -> int:
    return sum(int(np.prod(tuple(weight.shape))) for weight in weights)
