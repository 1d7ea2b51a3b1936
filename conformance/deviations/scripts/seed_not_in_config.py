"""The configuration of SimpleRNN has no seed: a layer that is cloned, saved or copied has none."""

import tensorflow as tf

layer = tf.keras.layers.SimpleRNN(3, dropout=0.5, seed=7)
rebuilt = tf.keras.layers.SimpleRNN.from_config(layer.get_config())
print("tensorflow", tf.__version__, "seed", rebuilt.cell.seed, "right is", layer.cell.seed)
assert rebuilt.cell.seed == 7, "the seed is lost"
