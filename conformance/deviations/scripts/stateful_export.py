"""Keras 3 exports a stateful model for any number of samples, which a state of one does not fit."""

import os
import tempfile

import tensorflow as tf

rnn = tf.keras.layers.SimpleRNN(3, stateful=True)
model = tf.keras.Sequential([tf.keras.Input(batch_shape=(1, None, 4)), rnn])
with tempfile.TemporaryDirectory() as folder:
    model.export(os.path.join(folder, "model"))
