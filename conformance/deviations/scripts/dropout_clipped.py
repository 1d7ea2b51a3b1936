"""Dropout is "a float between 0 and 1", and SimpleRNN takes 50 for 1 and -0.5 for 0."""

import tensorflow as tf

kept = [tf.keras.layers.SimpleRNN(3, dropout=wrong).dropout for wrong in (50, -0.5)]
print("tensorflow", tf.__version__, "dropout", kept)
assert kept == [50, -0.5], "dropout was changed without a word"
