"""In graphs, oneDNN joins Dense with relu or relu6, and NaN becomes 0: predict() hides it."""

import numpy as np
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(3, "relu")])
x = np.full((1, 2), np.nan, "float32")
called, predicted = np.asarray(model(x)), model.predict(x, verbose=0)
print("called", called, "predicted", predicted)
assert np.isnan(predicted).all(), "NaN in, a number out"
