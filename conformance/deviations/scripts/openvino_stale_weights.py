"""Keras 3 on OpenVINO: after a first predict, set_weights has no effect on predict."""

import os

os.environ["KERAS_BACKEND"] = "openvino"
import keras
import numpy as np

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
x = np.ones((1, 3), "float32")
model.predict(x, verbose=0)
model.set_weights([np.full((3, 1), 2.0), np.zeros(1)])
called = keras.ops.convert_to_numpy(model(x))
predicted = model.predict(x, verbose=0)
print("keras", keras.__version__, "call", called, "predict", predicted, "right is 6")
assert predicted == 6, "predict used the weights of its first call"
