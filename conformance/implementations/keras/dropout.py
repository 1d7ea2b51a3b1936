"""Dropout in Keras."""

from __future__ import annotations

from typing import Optional, Sequence

import numpy as np

from conformance.implementations.capabilities.dropout import Dropout, DropoutLayer
from conformance.implementations.keras import layers
from conformance.implementations.keras.adapter import (
    KerasAdapter,
    KerasCapability,
    as_array,
    as_tensor,
)
from conformance.implementations.keras.network import is_keras_2
from strategies.dropout import LayerWithDropout


class KerasDropout(KerasCapability, Dropout):
    """On every backend that has random numbers."""

    def dropout_layer(self, question: LayerWithDropout, dtype: str) -> DropoutLayer:
        return KerasDropoutLayer(self.adapter, question, dtype)


class KerasDropoutLayer(DropoutLayer):
    """SimpleRNN alone. In Keras 3 it has a seed of its own, in Keras 2 the program has one."""

    def __init__(self, adapter: KerasAdapter, question: LayerWithDropout, dtype: str) -> None:
        self.keras = keras = adapter.library()
        self.question, self.dtype = question, dtype
        keras.backend.set_floatx(dtype)
        seed = {}
        if is_keras_2(keras):
            keras.utils.set_random_seed(question.seed)
        else:
            seed["seed"] = question.seed
        layer = layers.recurrent(
            keras,
            "simple_rnn",
            question.M,
            activation=None,
            # Faster to be born, and replaced at once.
            kernel_initializer="zeros",
            recurrent_initializer="zeros",
            dropout=question.rate,
            recurrent_dropout=question.recurrent_rate,
            return_sequences=True,
            unroll=question.unroll,
            dtype=dtype,
            **seed,
        )
        inputs = keras.Input((question.T, question.D), dtype=dtype)
        self.model = keras.Model(inputs, layer(inputs))
        self.layer = layer
        self._way = question.way
        way = "eager" if question.way == "predict" else question.way
        self._run = {
            True: adapter.executed(lambda x: self.model(x, training=True), way),
            False: adapter.executed(lambda x: self.model(x, training=False), way),
            None: adapter.executed(self.model, way),
        }

    def states(
        self, weights: Sequence[np.ndarray], inputs: np.ndarray, *, training: Optional[bool]
    ) -> np.ndarray:
        self.keras.backend.set_floatx(self.dtype)
        self.layer.set_weights(list(weights))
        if self._way == "predict" and training is None:
            result: np.ndarray = self.model.predict(inputs, verbose=0)
            return result
        return as_array(self.keras, self._run[training](as_tensor(self.keras, inputs)))
