"""Faults of one way of execution."""

from __future__ import annotations

from typing import Any

from conformance.faults_keras.catalogue import patch_cell, right_state, seeded
from conformance.implementations.keras_tensorflow import KerasNetwork


@seeded("modes")
def wrong_only_under_xla(tf: Any) -> None:
    """Compiled for XLA, the state is scaled by 1 − 1e-5."""
    right = KerasNetwork._trace

    def wrong(self: KerasNetwork, mode: str) -> Any:
        function = right(self, mode)
        if mode != "xla":
            return function
        return lambda x: tf.nest.map_structure(lambda y: y * (1 - 1e-5), function(x))

    KerasNetwork._trace = wrong  # type: ignore[method-assign,assignment]


@seeded("modes")
def wrong_only_in_predict(tf: Any) -> None:
    """In predict alone, samples come back in reverse."""
    right = tf.keras.Model.predict

    def wrong(self: Any, *args: Any, **kwargs: Any) -> Any:
        return tf.nest.map_structure(lambda y: y[::-1], right(self, *args, **kwargs))

    tf.keras.Model.predict = wrong


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
