"""XLA multiplies what a mixed policy has had rounded to 16 bits, as if it had not been rounded."""

import numpy as np
import tensorflow as tf

wrong = []
x, kernel = np.array([[[0.35, -1.1, 0.3]]], np.float32), np.array([[-0.6], [-0.3], [-0.2]])
for policy, dtype in (("mixed_bfloat16", tf.bfloat16), ("mixed_float16", tf.float16)):
    tf.keras.mixed_precision.set_global_policy(policy)
    layer = tf.keras.layers.SimpleRNN(1, use_bias=False)
    layer(x)
    layer.set_weights([kernel, np.zeros((1, 1))])
    xla = tf.cast(tf.function(layer, jit_compile=True)(tf.constant(x)), tf.float64).numpy()[0, 0]
    a, b = (tf.cast(tf.cast(v, dtype), tf.float64).numpy() for v in (x[0, 0], kernel[:, 0]))
    print(f"{policy}: XLA {xla:.6f}, rounded {np.tanh(a @ b):.6f}, not {np.tanh(0.06):.6f}")
    wrong += [policy] * bool(abs(xla - np.tanh(0.06)) < abs(xla - np.tanh(a @ b)))
assert not wrong, "XLA has left out the rounding of inputs and weights"
