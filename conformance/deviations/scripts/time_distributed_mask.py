"""Keras 3.8: with a mask, TimeDistributed cannot be traced for another number of samples."""

import numpy as np
import tensorflow as tf

inputs, layers = tf.keras.Input((3,), dtype="int32"), tf.keras.layers
hidden = layers.SimpleRNN(2, return_sequences=True)(layers.Embedding(4, 2, mask_zero=True)(inputs))
model = tf.keras.Model(inputs, layers.TimeDistributed(layers.Dense(1))(hidden))
for samples in (2, 3):
    outputs = model.predict_on_batch(np.ones((samples, 3), "int32"))
    print(samples, "samples", outputs.shape)
    assert outputs.shape == (samples, 3, 1), "all samples and steps"
