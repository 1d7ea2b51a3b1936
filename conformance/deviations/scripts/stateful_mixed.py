"""Early Keras 3 cannot build a stateful layer of a mixed policy: its state is of another dtype."""

import tensorflow as tf

inputs = tf.keras.Input(batch_shape=(2, 3, 4))
tf.keras.layers.SimpleRNN(3, stateful=True, dtype="mixed_bfloat16")(inputs)
