"""Faults of one way of execution."""

from __future__ import annotations

from typing import Any

from conformance.faults.keras.catalogue import in_place_of, patch_cell, right_state, seeded
from conformance.implementations.keras.tensorflow import KerasNetwork


@seeded("modes")
def wrong_only_under_xla(tf: Any) -> None:
    """Compiled for XLA, the state is scaled by 1 − 1e-5."""

    @in_place_of(KerasNetwork, "_trace")
    def wrong(right: Any, self: KerasNetwork, mode: str, given: list[Any]) -> Any:
        function = right(self, mode, given)
        if mode != "xla":
            return function
        return lambda x: tf.nest.map_structure(lambda y: y * (1 - 1e-5), function(x))


@seeded("modes")
def wrong_only_in_predict(tf: Any) -> None:
    """In predict alone, samples come back in reverse."""

    @in_place_of(tf.keras.Model, "predict")
    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        return tf.nest.map_structure(lambda y: y[::-1], right(self, *args, **kwargs))


@seeded("modes")
def predict_spoils_later_calls(tf: Any) -> None:
    """After predict, eager calls of the same model add 1e-3 to the output."""
    predict, call = tf.keras.Model.predict, tf.keras.Model.__call__

    def wrong_predict(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = predict(self, *args, **kwargs)
        self.was_predicted = True
        return result

    def wrong_call(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = call(self, *args, **kwargs)
        if not (getattr(self, "was_predicted", False) and tf.executing_eagerly()):
            return result
        return tf.nest.map_structure(lambda y: y + 1e-3, result)

    tf.keras.Model.predict, tf.keras.Model.__call__ = wrong_predict, wrong_call


@seeded("modes")
def wrong_only_in_eager_mode(tf: Any) -> None:
    """Called eagerly, the bias is missing."""

    def formula(tf: Any, cell: Any, x: Any, h: Any) -> Any:
        if not tf.executing_eagerly():
            return right_state(tf, cell, x, h)
        return cell.activation(tf.matmul(x, cell.kernel) + tf.matmul(h, cell.recurrent_kernel))

    patch_cell(tf, formula)


@seeded("modes")
def wrong_only_in_graph_mode(tf: Any) -> None:
    """Traced into a graph, the bias is missing."""

    def formula(tf: Any, cell: Any, x: Any, h: Any) -> Any:
        if tf.executing_eagerly():
            return right_state(tf, cell, x, h)
        return cell.activation(tf.matmul(x, cell.kernel) + tf.matmul(h, cell.recurrent_kernel))

    patch_cell(tf, formula)


@seeded("modes")
def wrong_only_in_predict_on_batch(tf: Any) -> None:
    """In predict_on_batch alone, outputs are scaled by 1 + 1e-5."""

    @in_place_of(tf.keras.Model, "predict_on_batch")
    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        return tf.nest.map_structure(
            lambda y: y * y.dtype.type(1 + 1e-5), right(self, *args, **kwargs)
        )


@seeded("modes")
def graph_keeps_the_weights_it_was_traced_with(tf: Any) -> None:
    """A traced graph keeps the bias that it was traced with."""

    def formula(tf: Any, cell: Any, x: Any, h: Any) -> Any:
        if cell.bias is None or tf.executing_eagerly():
            z = tf.matmul(x, cell.kernel) + tf.matmul(h, cell.recurrent_kernel)
            return cell.activation(z if cell.bias is None else z + cell.bias)
        with tf.init_scope():
            bias = tf.convert_to_tensor(cell.bias).numpy()
        z = tf.matmul(x, cell.kernel) + tf.cast(tf.constant(bias), x.dtype)
        return cell.activation(z + tf.matmul(h, cell.recurrent_kernel))

    patch_cell(tf, formula)


@seeded("modes")
def float64_in_graphs_computed_in_float32(tf: Any) -> None:
    """Traced into a graph, what is float64 is computed in float32."""

    def formula(tf: Any, cell: Any, x: Any, h: Any) -> Any:
        given, operands = x.dtype, [x, h, cell.kernel, cell.recurrent_kernel]
        if given == tf.float64 and not tf.executing_eagerly():
            operands = [tf.cast(a, tf.float32) for a in operands]
        x, h, Wx, Wh = operands
        z = tf.cast(tf.matmul(x, Wx) + tf.matmul(h, Wh), given)
        return cell.activation(z if cell.bias is None else z + cell.bias)

    patch_cell(tf, formula)
