"""A model with bfloat16 weights is saved to HDF5 and cannot be loaded from it."""

import os
import tempfile

import tensorflow as tf

layers = [tf.keras.Input((2,)), tf.keras.layers.Dense(3, dtype="bfloat16")]
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "model.h5")
    tf.keras.Sequential(layers).save(path)
    tf.keras.models.load_model(path)
