"""Keras 3: a layer in float64 with a penalty cannot be trained where floatx is float32."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras
import numpy as np

model = keras.Sequential([keras.layers.Dense(1, kernel_regularizer="l2", dtype="float64")])
model.compile("sgd", "mse", run_eagerly=True)
model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
