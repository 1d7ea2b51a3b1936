"""A sequence without steps is not refused: reading its last output fails inside."""

import tensorflow as tf

tf.keras.layers.SimpleRNN(3)(tf.ones((2, 0, 4)))
