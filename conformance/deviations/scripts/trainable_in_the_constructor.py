"""Keras 3.0 and 3.1: a model trains a SimpleRNN that was constructed with trainable=False."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras

i = keras.Input((1, 1))
frozen = keras.layers.SimpleRNN(1, trainable=False)
model = keras.Model(i, keras.layers.Dense(1)(frozen(i)))
print("trainable weights:", len(model.trainable_weights), "of 5, must be the 2 of Dense")
assert len(model.trainable_weights) == 2, "the model trains what is not trainable"
