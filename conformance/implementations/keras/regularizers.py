"""Regularizers in Keras."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.implementations.capabilities.regularizers import Penalised, Regularizers
from conformance.implementations.keras.adapter import KerasCapability, as_array, as_tensor
from conformance.implementations.keras.choices import chosen
from conformance.implementations.keras.gradient_step import linear_loss
from conformance.implementations.keras.plain_networks import by_layer, plain_network
from strategies.regularizers import REGULARIZERS, Penalty


class KerasRegularizers(KerasCapability, Regularizers):
    """On every backend; not every version has an orthogonal one."""

    def regularizers(self) -> tuple[str, ...]:
        keras = self.adapter.library()
        return tuple(name for name in REGULARIZERS if hasattr(keras.regularizers, name))

    def penalised(self, question: Penalty, dtype: str) -> Penalised:
        keras = self.adapter.library()
        keras.backend.set_floatx(question.floatx)
        options = by_layer(keras, regularizer=question.regularizers)
        for layer, activity in zip(("simple_rnn", "dense"), question.activity):
            options[layer]["activity_regularizer"] = chosen(keras, "regularizer", activity)
        options["simple_rnn"].update(
            return_sequences=question.sequences, return_state=question.state
        )
        size = (question.T, question.D, question.M, question.K)
        network = plain_network(keras, dtype, *size, options)
        model = keras.Model(network.inputs, [*network.hidden, network.output])
        x, *weights = question.tensors.astype(dtype)
        model.set_weights(weights)

        def call(x: Any) -> Any:
            outputs = model(x, training=False)
            return outputs, list(model.losses)

        way = "eager" if question.way == "evaluate" else question.way
        outputs, losses = self.adapter.executed(call, way)(as_tensor(keras, x))
        outputs = [as_array(keras, tensor) for tensor in outputs]
        penalties = [float(as_array(keras, loss)) for loss in losses]
        if question.way == "evaluate":
            # The loss of targets · outputs is 0 where the targets are.
            scored = keras.Model(network.inputs, network.output)
            scored.compile(loss=linear_loss, run_eagerly=True)
            penalties = [float(scored.test_on_batch(x, np.zeros_like(outputs[-1])))]
        return Penalised(penalties, outputs[:-1], outputs[-1], question.way == "evaluate")
