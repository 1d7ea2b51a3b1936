"""Keras 2: NonNeg of a weight in float64 raises where floatx is float32."""

import numpy as np
import tensorflow as tf

tf.keras.constraints.NonNeg()(tf.constant(np.ones(1)))
