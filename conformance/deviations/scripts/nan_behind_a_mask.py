"""NaN in a step that is masked: the output is right, and the gradient by every weight is NaN."""

import numpy as np
import tensorflow as tf

layer = tf.keras.layers.SimpleRNN(1)
x = tf.constant([[[1.0], [np.nan]]])
with tf.GradientTape() as tape:
    output = layer(x, mask=tf.constant([[True, False]]))
gradients = [np.asarray(g).ravel() for g in tape.gradient(output, layer.trainable_variables)]
print("tensorflow", tf.__version__, "output", np.asarray(output), "gradients", gradients)
assert np.isfinite(gradients).all(), "what is masked reaches the weights"
