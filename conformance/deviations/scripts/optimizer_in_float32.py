"""Weights in float64 are trained with a momentum of float32, though all is float64."""

import tensorflow as tf

tf.keras.backend.set_floatx("float64")
layer = tf.keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
layer.build((1, 1))
optimizer = tf.keras.optimizers.SGD(1.0, momentum=0.9)
for _ in range(2):
    optimizer.apply_gradients([(tf.ones((1, 1), "float64"), layer.trainable_variables[0])])
moved = float(layer.get_weights()[0][0, 0])
print("tensorflow", tf.__version__, "weight", moved)
assert abs(moved + 2.9) < 1e-14, "the momentum is 0.9 in float32"
