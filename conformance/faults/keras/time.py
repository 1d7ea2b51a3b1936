"""Faults of time and of precision: which input a step sees, and with how many bits."""

from __future__ import annotations

from typing import Any, Callable

from conformance.faults.keras.catalogue import patch_cell, seeded
from conformance.faults.keras.patching import Arguments, patch_simple_rnn


def patch_inputs(tf: Any, change: Callable[[Any, Any], Any]) -> None:
    """``change(tf, x)`` in place of the inputs of SimpleRNN, samples first."""

    def before(tf: Any, layer: Any, arguments: Arguments) -> None:
        x = tf.convert_to_tensor(arguments["inputs"])
        if getattr(layer, "time_major", False):
            x = tf.transpose(change(tf, tf.transpose(x, [1, 0, 2])), [1, 0, 2])
        else:
            x = change(tf, x)
        arguments["inputs"] = x

    patch_simple_rnn(tf, before)


@seeded("time")
def time_reversed(tf: Any) -> None:
    """Time runs backwards."""
    patch_inputs(tf, lambda tf, x: tf.reverse(x, [1]))


@seeded("time")
def inputs_one_step_late(tf: Any) -> None:
    """Each step uses the input of the step before."""
    patch_inputs(tf, lambda tf, x: tf.concat([x[:, :1], x[:, :-1]], axis=1))


@seeded("time")
def future_touched(tf: Any) -> None:
    """Later inputs are multiplied by zero and added to earlier ones."""
    patch_inputs(tf, lambda tf, x: x + 0 * tf.reduce_mean(x, axis=1, keepdims=True))


@seeded("batch")
def batch_mean_subtracted(tf: Any) -> None:
    """The mean over the batch is subtracted from the inputs."""
    patch_inputs(
        tf,
        lambda tf, x: tf.where(tf.shape(x)[0] > 1, x - tf.reduce_mean(x, axis=0, keepdims=True), x),
    )


@seeded("batch")
def last_sample_repeats_the_first(tf: Any) -> None:
    """The last sample gets the first one's result."""
    patch_inputs(tf, lambda tf, x: tf.concat([x[:-1], x[:1]], axis=0))


@seeded("special values")
def nan_becomes_zero(tf: Any) -> None:
    """NaN in the inputs becomes zero."""
    patch_inputs(tf, lambda tf, x: tf.where(x != x, tf.zeros_like(x), x))


def _to_eleven_bits(tf: Any, a: Any) -> Any:
    """Rounded as TensorFloat-32 is, by Veltkamp's splitting; float32 only."""
    a = tf.convert_to_tensor(a)
    if a.dtype != tf.float32:
        return a
    scaled = a * (2.0**13 + 1)
    return scaled - (scaled - a)


@seeded("precision")
def operands_in_tf32(tf: Any) -> None:
    """Operands of the products are rounded to 11 bits, as TensorFloat-32 does."""

    def formula(tf: Any, cell: Any, x: Any, h: Any) -> Any:
        x, h, Wx, Wh = (_to_eleven_bits(tf, a) for a in (x, h, cell.kernel, cell.recurrent_kernel))
        z = tf.matmul(x, Wx) + tf.matmul(h, Wh)
        return cell.activation(z if cell.bias is None else z + cell.bias)

    patch_cell(tf, formula)


@seeded("precision")
def first_product_in_tf32(tf: Any) -> None:
    """The product of the first feature alone is rounded to 11 bits, as in TensorFloat-32."""

    def formula(tf: Any, cell: Any, x: Any, h: Any) -> Any:
        first = x[:, :1] * tf.convert_to_tensor(cell.kernel)[:1]
        z = tf.matmul(x, cell.kernel) + tf.matmul(h, cell.recurrent_kernel)
        z = z + (_to_eleven_bits(tf, first) - first)
        return cell.activation(z if cell.bias is None else z + cell.bias)

    patch_cell(tf, formula)
