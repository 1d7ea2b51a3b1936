"""Keras 3 on any backend but TensorFlow computes in float32 what it says is float64.

On torch matmul does, on JAX (with x64 enabled) tanh does, on NumPy and OpenVINO both: in
keras/src/backend/common/dtypes.py float64 is float64 for TensorFlow alone. On JAX a float64
SimpleRNN raises, because its state changes its type. Choose with KERAS_BACKEND=torch, and so on.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ["JAX_ENABLE_X64"] = "1"
import keras
import numpy as np

x = np.full((1, 1), 1 + 1e-12)
product = keras.ops.convert_to_numpy(keras.ops.matmul(x, x))
tanh = keras.ops.convert_to_numpy(keras.ops.tanh(keras.ops.convert_to_tensor(x)))
print("keras", keras.__version__, "on", keras.backend.backend())
print("x·x − 1 is", product - 1, "tanh(x) is off by", tanh - np.tanh(x))
assert product != 1, "the product was rounded to float32"
assert abs(tanh - np.tanh(x)) < 1e-15, "tanh was computed in float32"
