"""Initializers in Keras."""

from __future__ import annotations

import numpy as np

from conformance.implementations.capabilities.initializers import Initializers
from conformance.implementations.keras.adapter import KerasCapability
from conformance.implementations.keras.plain_networks import by_layer, plain_network
from strategies.initializers import Birth


class KerasInitializers(KerasCapability, Initializers):
    """On every backend that has random numbers."""

    def born(self, question: Birth, dtype: str) -> list[np.ndarray]:
        keras = self.adapter.library()
        keras.backend.set_floatx(dtype)
        keras.utils.set_random_seed(question.seed)
        options = by_layer(keras, initializer=question.initializers)
        network = plain_network(keras, dtype, None, question.D, question.M, question.K, options)
        return network.get_weights()
