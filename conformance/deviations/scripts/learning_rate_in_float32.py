"""A weight in float64 goes down a learning rate of float32."""

import tensorflow as tf

layer = tf.keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros", dtype="float64")
layer.build((1, 1))
gradients = [tf.ones((1, 1), "float64")]
tf.keras.optimizers.SGD(0.1).apply_gradients(zip(gradients, layer.trainable_variables))
moved = float(layer.get_weights()[0][0, 0])
print("tensorflow", tf.__version__, "weight", moved)
assert abs(moved + 0.1) < 1e-14, "the learning rate is 0.1 in float32"
