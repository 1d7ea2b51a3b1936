"""Keras 3: an initializer given as 'constant' raises KeyError, though its value has a default.

Keras 2 takes the documented default, 0.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras

keras.layers.SimpleRNN(1, bias_initializer="constant").build((None, 1, 1))
