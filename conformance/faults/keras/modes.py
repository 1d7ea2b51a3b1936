"""Faults of one way of execution."""

from __future__ import annotations

from conformance.faults.keras.patching import (
    override,
    overriding,
    preactivation,
    right_sum,
    seeded,
)
from conformance.implementations.keras.tensorflow import KerasNetwork


@seeded("modes")
def wrong_only_under_xla(tf):
    """Compiled for XLA, the state is scaled by 1 − 1e-5."""
    right = KerasNetwork._trace

    def wrong(self, mode, given):
        function = right(self, mode, given)
        if mode != "xla":
            return function
        return lambda x: tf.nest.map_structure(lambda y: y * (1 - 1e-5), function(x))

    KerasNetwork._trace = wrong  # type: ignore[method-assign]


@overriding("Model.predict", "modes")
def wrong_only_in_predict(tf, right, model, *args, **kwargs):
    """In predict alone, samples come back in reverse."""
    return tf.nest.map_structure(lambda y: y[::-1], right(model, *args, **kwargs))


@overriding("Model.predict_on_batch", "modes")
def wrong_only_in_predict_on_batch(tf, right, model, *args, **kwargs):
    """In predict_on_batch alone, outputs are scaled by 1 + 1e-5."""
    outputs = right(model, *args, **kwargs)
    return tf.nest.map_structure(lambda y: y * y.dtype.type(1 + 1e-5), outputs)


@seeded("modes")
def predict_spoils_later_calls(tf):
    """After predict, eager calls of the same model add 1e-3 to the output."""

    def predict(tf, right, model, *args, **kwargs):
        result = right(model, *args, **kwargs)
        model.was_predicted = True
        return result

    def call(tf, right, model, *args, **kwargs):
        result = right(model, *args, **kwargs)
        if not (getattr(model, "was_predicted", False) and tf.executing_eagerly()):
            return result
        return tf.nest.map_structure(lambda y: y + 1e-3, result)

    override(tf, "Model.predict", predict)
    override(tf, "Model.__call__", call)


@preactivation("modes")
def wrong_only_in_eager_mode(tf, x, h, Wx, Wh, bh):
    """Called eagerly, the bias is missing."""
    return right_sum(tf, x, h, Wx, Wh, 0 * bh if tf.executing_eagerly() else bh)


@preactivation("modes")
def wrong_only_in_graph_mode(tf, x, h, Wx, Wh, bh):
    """Traced into a graph, the bias is missing."""
    return right_sum(tf, x, h, Wx, Wh, bh if tf.executing_eagerly() else 0 * bh)


@preactivation("modes")
def graph_keeps_the_weights_it_was_traced_with(tf, x, h, Wx, Wh, bh):
    """A traced graph keeps the bias that it was traced with."""
    if not tf.executing_eagerly():
        with tf.init_scope():
            bias = tf.convert_to_tensor(bh).numpy()
        bh = tf.cast(tf.constant(bias), x.dtype)
    return right_sum(tf, x, h, Wx, Wh, bh)


@preactivation("modes")
def float64_in_graphs_computed_in_float32(tf, x, h, Wx, Wh, bh):
    """Traced into a graph, what is float64 is computed in float32."""
    dtype, operands = x.dtype, [x, h, Wx, Wh]
    if dtype == tf.float64 and not tf.executing_eagerly():
        operands = [tf.cast(a, tf.float32) for a in operands]
    x, h, Wx, Wh = operands
    return tf.cast(tf.matmul(x, Wx) + tf.matmul(h, Wh), dtype) + bh
