"""Keras 3.0: 'identity', by which Identity is known in all other versions, is not a name."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras

keras.initializers.get("identity")
