"""A graph multiplies the x of gelu(x) = ½ x (1 + erf(x / √2)) with a gate first: NaN for 0."""

import tensorflow as tf

x, gate = tf.constant([[-3e38]]), tf.constant([[2.0]])
eager = (gate * tf.nn.gelu(x)).numpy()
graph = tf.function(lambda x, gate: gate * tf.nn.gelu(x))(x, gate).numpy()
print("tensorflow", tf.__version__, "eager", eager, "in a graph", graph)
assert eager == graph, "x times the gate overflows, and infinity times 0 is NaN"
