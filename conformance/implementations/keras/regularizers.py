"""Regularizers in Keras."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.implementations.capabilities.regularizers import Penalised, Regularizers
from conformance.implementations.keras import layers
from conformance.implementations.keras.adapter import KerasCapability, as_array, as_tensor
from conformance.implementations.keras.choices import by_layer, chosen
from conformance.implementations.keras.gradient_step import linear_loss
from strategies.regularizers import REGULARIZERS, Penalty


class KerasRegularizers(KerasCapability, Regularizers):
    """On every backend; not every version has an orthogonal one."""

    @property
    def ways(self) -> tuple[str, ...]:  # type: ignore[override]
        return self.adapter.ways

    def regularizers(self) -> tuple[str, ...]:
        keras = self.adapter.library()
        return tuple(name for name in REGULARIZERS if hasattr(keras.regularizers, name))

    def penalised(self, question: Penalty, dtype: str) -> Penalised:
        keras = self.adapter.library()
        keras.backend.set_floatx(question.floatx)
        options = by_layer(keras, "regularizer", question.regularizers)
        for layer, activity in zip(("simple_rnn", "dense"), question.activity):
            options[layer]["activity_regularizer"] = chosen(keras, "regularizer", activity)
        simple_rnn = layers.recurrent(
            keras,
            "simple_rnn",
            question.M,
            activation=None,
            return_sequences=question.sequences,
            return_state=question.state,
            dtype=dtype,
            **options["simple_rnn"],
        )
        dense = layers.dense(keras, question.K, dtype=dtype, **options["dense"])
        inputs = keras.Input((question.T, question.D), dtype=dtype)
        hidden = simple_rnn(inputs)
        hidden = list(hidden) if isinstance(hidden, (list, tuple)) else [hidden]
        output = dense(hidden[0])
        model = keras.Model(inputs, [*hidden, output])
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
            scored = keras.Model(inputs, output)
            scored.compile(loss=linear_loss, run_eagerly=True)
            penalties = [float(scored.test_on_batch(x, np.zeros_like(outputs[-1])))]
        return Penalised(penalties, outputs[:-1], outputs[-1], question.way == "evaluate")
