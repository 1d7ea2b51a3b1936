"""Initializers in Keras."""

from __future__ import annotations

import numpy as np

from conformance.implementations.capabilities.initializers import Initializers
from conformance.implementations.keras import layers
from conformance.implementations.keras.adapter import KerasCapability
from conformance.implementations.keras.choices import by_layer
from strategies.initializers import Birth


class KerasInitializers(KerasCapability, Initializers):
    """On every backend that has random numbers."""

    def born(self, question: Birth, dtype: str) -> list[np.ndarray]:
        keras = self.adapter.library()
        keras.backend.set_floatx(dtype)
        keras.utils.set_random_seed(question.seed)
        chosen = by_layer(keras, "initializer", question.initializers)
        rnn = layers.recurrent(keras, "simple_rnn", question.M, dtype=dtype, **chosen["simple_rnn"])
        dense = layers.dense(keras, question.K, dtype=dtype, **chosen["dense"])
        inputs = keras.Input((None, question.D), dtype=dtype)
        keras.Model(inputs, dense(rnn(inputs)))
        weights: list[np.ndarray] = [*rnn.get_weights(), *dense.get_weights()]
        return weights
