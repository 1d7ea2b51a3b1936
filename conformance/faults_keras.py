"""Faults seeded into Keras underneath its public API, so that every mode sees them.

The names are those of `faults` where the fault is the same. A fault patches a class of the
installed Keras for the rest of the process: run one with ``--implementation keras --fault NAME``.
"""

from __future__ import annotations

from typing import Any, Callable

from conformance.implementations.keras_tensorflow import (
    KerasNetwork,
    KerasTensorFlow,
    load_tensorflow,
)
from strategies import NetworkSize

KERAS_FAULTS: dict[str, Callable[[Any], None]] = {}


def _enter(patch: Callable[[Any], None]) -> Callable[[Any], None]:
    KERAS_FAULTS[patch.__name__] = patch
    return patch


class FaultyKeras(KerasTensorFlow):
    """Keras with a fault, patched in when the first network is built."""

    def __init__(self, fault: str) -> None:
        self.name = f"keras+{fault}"
        self.fault = fault
        self.patched = False

    def network(self, size: NetworkSize, dtype: str, *, sequences: bool) -> KerasNetwork:
        self._patch()
        return super().network(size, dtype, sequences=sequences)

    def network_for_cases(self, size: NetworkSize, dtype: str, *, sequences: bool) -> KerasNetwork:
        self._patch()
        return super().network_for_cases(size, dtype, sequences=sequences)

    def _patch(self) -> None:
        if not self.patched:
            KERAS_FAULTS[self.fault](load_tensorflow())
            self.patched = True


def _patch_cell(tf: Any, formula: Callable[..., Any]) -> None:
    """Replace SimpleRNNCell.call by ``formula(tf, cell, x, h)``."""

    def call(self: Any, inputs: Any, states: Any, training: Any = None) -> Any:
        h = states[0] if isinstance(states, (list, tuple)) else states
        new = formula(tf, self, inputs, h)
        return new, [new] if isinstance(states, (list, tuple)) else new

    tf.keras.layers.SimpleRNNCell.call = call


def _right(tf: Any, cell: Any, x: Any, h: Any) -> Any:
    z = tf.matmul(x, cell.kernel) + cell.bias + tf.matmul(h, cell.recurrent_kernel)
    return cell.activation(z)


@_enter
def recurrent_kernel_transposed(tf: Any) -> None:
    """The recurrent kernel is transposed."""
    _patch_cell(
        tf,
        lambda tf, cell, x, h: cell.activation(
            tf.matmul(x, cell.kernel)
            + cell.bias
            + tf.matmul(h, cell.recurrent_kernel, transpose_b=True)
        ),
    )


@_enter
def no_recurrence(tf: Any) -> None:
    """The previous state is ignored."""
    _patch_cell(
        tf, lambda tf, cell, x, h: cell.activation(tf.matmul(x, cell.kernel) + cell.bias + 0 * h)
    )


@_enter
def no_bias(tf: Any) -> None:
    """The bias is missing."""
    _patch_cell(
        tf,
        lambda tf, cell, x, h: (
            _right(tf, cell, x, h) * 0
            + cell.activation(tf.matmul(x, cell.kernel) + tf.matmul(h, cell.recurrent_kernel))
        ),
    )


@_enter
def state_scaled_slightly(tf: Any) -> None:
    """Every state is scaled by 1 − 1e-5."""
    _patch_cell(tf, lambda tf, cell, x, h: _right(tf, cell, x, h) * (1 - 1e-5))


@_enter
def last_unit_scaled_slightly(tf: Any) -> None:
    """The last unit alone is scaled by 1 + 1e-5."""

    def formula(tf: Any, cell: Any, x: Any, h: Any) -> Any:
        new = _right(tf, cell, x, h)
        return tf.concat([new[:, :-1], new[:, -1:] * (1 + 1e-5)], axis=1)

    _patch_cell(tf, formula)


@_enter
def bias_off_by_a_millionth(tf: Any) -> None:
    """The bias is too large by 1e-6."""
    _patch_cell(
        tf,
        lambda tf, cell, x, h: cell.activation(
            tf.matmul(x, cell.kernel) + (cell.bias + 1e-6) + tf.matmul(h, cell.recurrent_kernel)
        ),
    )


@_enter
def sums_in_float16(tf: Any) -> None:
    """The sum of the two products is rounded to float16."""

    def formula(tf: Any, cell: Any, x: Any, h: Any) -> Any:
        z = tf.matmul(x, cell.kernel) + tf.matmul(h, cell.recurrent_kernel)
        return cell.activation(tf.cast(tf.cast(z, "float16"), x.dtype) + cell.bias)

    _patch_cell(tf, formula)


@_enter
def initial_state_is_one(tf: Any) -> None:
    """The initial state is one."""
    layer = tf.keras.layers.SimpleRNN
    owner, name = next(
        (c, n) for c in layer.__mro__ for n in ("get_initial_state",) if n in vars(c)
    )
    right = getattr(owner, name)

    def wrong(self: Any, *args: Any, **kwargs: Any) -> Any:
        return tf.nest.map_structure(tf.ones_like, right(self, *args, **kwargs))

    setattr(owner, name, wrong)


@_enter
def no_dense_bias(tf: Any) -> None:
    """The bias of Dense is missing."""
    tf.keras.layers.Dense.call = lambda self, inputs, training=None: tf.tensordot(
        inputs, tf.convert_to_tensor(self.kernel), axes=[[-1], [0]]
    )


@_enter
def bias_not_counted(tf: Any) -> None:
    """The bias is not counted."""
    layer = tf.keras.layers.SimpleRNN
    right = layer.count_params
    layer.count_params = lambda self: right(self) - self.units


@_enter
def fresh_recurrent_kernel_is_scaled(tf: Any) -> None:
    """A fresh recurrent kernel is 1.01 times an orthogonal one."""
    initializer = tf.keras.initializers.Orthogonal
    right = initializer.__call__
    initializer.__call__ = lambda self, *a, **k: right(self, *a, **k) * 1.01


@_enter
def fresh_kernel_is_he_uniform(tf: Any) -> None:
    """A fresh kernel is He uniform: the limit is √(6 / D)."""
    tf.keras.initializers.GlorotUniform.__call__ = tf.keras.initializers.HeUniform.__call__
    right = tf.keras.initializers.GlorotUniform.__init__

    def wrong(self: Any, *args: Any, **kwargs: Any) -> None:
        right(self, *args, **kwargs)
        self.scale, self.mode, self.distribution = 2.0, "fan_in", "uniform"

    tf.keras.initializers.GlorotUniform.__init__ = wrong


@_enter
def wrong_only_under_xla(tf: Any) -> None:
    """Compiled for XLA, the state is scaled by 1 − 1e-5."""
    right = KerasNetwork._trace

    def wrong(self: KerasNetwork, mode: str) -> Any:
        function = right(self, mode)
        if mode != "xla":
            return function
        return lambda x: tf.nest.map_structure(lambda y: y * (1 - 1e-5), function(x))

    KerasNetwork._trace = wrong  # type: ignore[method-assign]


@_enter
def wrong_only_in_predict(tf: Any) -> None:
    """In predict alone, samples come back in reverse."""
    right = tf.keras.Model.predict

    def wrong(self: Any, *args: Any, **kwargs: Any) -> Any:
        return tf.nest.map_structure(lambda y: y[::-1], right(self, *args, **kwargs))

    tf.keras.Model.predict = wrong


@_enter
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


@_enter
def wrong_only_in_eager_mode(tf: Any) -> None:
    """Called eagerly, the bias is missing."""

    def formula(tf: Any, cell: Any, x: Any, h: Any) -> Any:
        if not tf.executing_eagerly():
            return _right(tf, cell, x, h)
        return cell.activation(tf.matmul(x, cell.kernel) + tf.matmul(h, cell.recurrent_kernel))

    _patch_cell(tf, formula)


@_enter
def wrong_only_in_graph_mode(tf: Any) -> None:
    """Traced into a graph, the bias is missing."""

    def formula(tf: Any, cell: Any, x: Any, h: Any) -> Any:
        if tf.executing_eagerly():
            return _right(tf, cell, x, h)
        return cell.activation(tf.matmul(x, cell.kernel) + tf.matmul(h, cell.recurrent_kernel))

    _patch_cell(tf, formula)
