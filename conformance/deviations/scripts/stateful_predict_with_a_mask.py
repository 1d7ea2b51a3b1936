"""Keras 2.12 to 2.15: predict of a stateful model with a mask raises ValueError."""

import numpy as np
import tensorflow as tf

inputs = tf.keras.Input((3, 1), batch_size=1)
masked = tf.keras.layers.Masking()(inputs)
model = tf.keras.Model(inputs, tf.keras.layers.SimpleRNN(1, stateful=True)(masked))
print("predicted", model.predict(np.ones((1, 3, 1)), verbose=0))
