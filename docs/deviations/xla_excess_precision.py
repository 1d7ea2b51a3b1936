"""XLA multiplies by weights that the policy mixed_bfloat16 has had rounded, as if they were not."""

import numpy as np
import tensorflow as tf

tf.keras.mixed_precision.set_global_policy("mixed_bfloat16")
layer = tf.keras.layers.SimpleRNN(1, use_bias=False)
x = tf.ones((1, 1, 1))
layer(x)
layer.set_weights([np.array([[0.5296631]], np.float32), np.zeros((1, 1), np.float32)])
results = (layer(x), tf.function(layer, jit_compile=True)(x))
eager, xla = (tf.cast(result, tf.float32).numpy().item() for result in results)
print("tanh(bfloat16(0.5296631)) in bfloat16: eager", eager, "XLA", xla)
assert eager == xla, "XLA has left out the rounding of the weight"
