"""Keras 3: 'l1_l2', by which L1L2 is documented to be known, is not.

The documentation of keras.regularizers.L1L2 says kernel_regularizer='l1_l2'.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras

keras.layers.SimpleRNN(1, kernel_regularizer="l1_l2")
