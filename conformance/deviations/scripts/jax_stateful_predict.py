"""Keras 3 on JAX: in predict a stateful layer forgets its state."""

import os

os.environ["KERAS_BACKEND"] = "jax"
import keras
import numpy as np

layer = keras.layers.SimpleRNN(1, activation=None, stateful=True)
model = keras.Sequential([keras.Input((1, 1), batch_size=1), layer])
layer.set_weights([np.ones((1, 1)), np.ones((1, 1)), np.zeros(1)])
x = np.ones((1, 1, 1), "float32")
first, second = model.predict(x, verbose=0), model.predict(x, verbose=0)
print("keras", keras.__version__, "first", first, "second", second, "right is 1, then 2")
assert second == 2, "the state of the first call is lost"
