"""Keras 3.8: a model with layers of two dtypes is saved to .h5 and cannot be loaded from it."""

import os
import tempfile

import tensorflow as tf

inputs = tf.keras.Input((2,))
hidden = tf.keras.layers.Dense(3, dtype="float64")(inputs)
model = tf.keras.Model(inputs, tf.keras.layers.Dense(1)(hidden))
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "model.h5")
    model.save(path)
    tf.keras.models.load_model(path)
