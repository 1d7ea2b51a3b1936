"""Keras 3: OrthogonalRegularizer raises in float64, because its factor is a float32 tensor."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras
import numpy as np

keras.backend.set_floatx("float64")
keras.regularizers.OrthogonalRegularizer()(keras.ops.convert_to_tensor(np.eye(2)))
