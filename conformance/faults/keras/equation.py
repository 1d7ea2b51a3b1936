"""Faults of the equations, in SimpleRNNCell and Dense."""

from __future__ import annotations

from typing import Any, Callable

from conformance.faults.keras.catalogue import patch_cell, right_state, seeded


@seeded("equation")
def recurrent_kernel_transposed(tf: Any) -> None:
    """The recurrent kernel is transposed."""
    patch_cell(
        tf,
        lambda tf, cell, x, h: cell.activation(
            tf.matmul(x, cell.kernel)
            + cell.bias
            + tf.matmul(h, cell.recurrent_kernel, transpose_b=True)
        ),
    )


@seeded("equation")
def no_recurrence(tf: Any) -> None:
    """The previous state is ignored."""
    patch_cell(
        tf, lambda tf, cell, x, h: cell.activation(tf.matmul(x, cell.kernel) + cell.bias + 0 * h)
    )


@seeded("equation")
def no_bias(tf: Any) -> None:
    """The bias is missing."""
    patch_cell(
        tf,
        lambda tf, cell, x, h: (
            right_state(tf, cell, x, h) * 0
            + cell.activation(tf.matmul(x, cell.kernel) + tf.matmul(h, cell.recurrent_kernel))
        ),
    )


@seeded("equation")
def state_scaled_slightly(tf: Any) -> None:
    """Every state is scaled by 1 − 1e-5."""
    patch_cell(tf, lambda tf, cell, x, h: right_state(tf, cell, x, h) * (1 - 1e-5))


@seeded("equation")
def last_unit_scaled_slightly(tf: Any) -> None:
    """The last unit alone is scaled by 1 + 1e-5."""

    def formula(tf: Any, cell: Any, x: Any, h: Any) -> Any:
        new = right_state(tf, cell, x, h)
        return tf.concat([new[:, :-1], new[:, -1:] * (1 + 1e-5)], axis=1)

    patch_cell(tf, formula)


@seeded("precision")
def bias_off_by_a_millionth(tf: Any) -> None:
    """The bias is too large by 1e-6."""
    patch_cell(
        tf,
        lambda tf, cell, x, h: cell.activation(
            tf.matmul(x, cell.kernel) + (cell.bias + 1e-6) + tf.matmul(h, cell.recurrent_kernel)
        ),
    )


@seeded("precision")
def sums_in_float16(tf: Any) -> None:
    """The sum of the two products is rounded to float16."""

    def formula(tf: Any, cell: Any, x: Any, h: Any) -> Any:
        z = tf.matmul(x, cell.kernel) + tf.matmul(h, cell.recurrent_kernel)
        return cell.activation(tf.cast(tf.cast(z, "float16"), x.dtype) + cell.bias)

    patch_cell(tf, formula)


@seeded("dense")
def no_dense_bias(tf: Any) -> None:
    """The bias of Dense is missing."""
    tf.keras.layers.Dense.call = lambda self, inputs, training=None: tf.tensordot(
        inputs, tf.convert_to_tensor(self.kernel), axes=[[-1], [0]]
    )


@seeded("dense")
def last_output_off_by_a_millionth(tf: Any) -> None:
    """The last output of Dense is too large by 2e-6 of itself."""

    def change(outputs: Any) -> Any:
        last = outputs[..., -1:]
        return tf.concat([outputs[..., :-1], last * (1 + 2e-6)], axis=-1)

    _after_dense(tf, change)


@seeded("dense")
def dense_with_tanh(tf: Any) -> None:
    """Dense applies tanh."""
    _after_dense(tf, tf.tanh)


def _after_dense(tf: Any, change: Callable[[Any], Any]) -> None:
    right = tf.keras.layers.Dense.call
    tf.keras.layers.Dense.call = lambda self, inputs, training=None: change(right(self, inputs))
