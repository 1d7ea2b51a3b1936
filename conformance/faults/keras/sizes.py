"""Faults that show for some N, T, D, M or K only."""

from __future__ import annotations

from typing import Any

from conformance.faults.keras.catalogue import in_place_of, patch_cell, right_state, seeded
from conformance.faults.keras.time import patch_inputs


def _affine(tf: Any, cell: Any, x: Any, h: Any, kernel: Any) -> Any:
    return tf.matmul(x, kernel) + cell.bias + tf.matmul(h, cell.recurrent_kernel)


@seeded("size")
def features_beyond_sixteen_dropped(tf: Any) -> None:
    """From the seventeenth on, features are dropped."""

    def formula(tf: Any, cell: Any, x: Any, h: Any) -> Any:
        if cell.bias is None or x.shape[-1] <= 16:
            return right_state(tf, cell, x, h)
        return cell.activation(_affine(tf, cell, x[:, :16], h, cell.kernel[:16]))

    _patch_with_bias(tf, formula)


def _patch_with_bias(tf: Any, formula: Any) -> None:
    """The formula for cells that have a bias; the others are right."""
    right = tf.keras.layers.SimpleRNNCell.call
    patch_cell(tf, formula)
    wrong = tf.keras.layers.SimpleRNNCell.call

    def call(self: Any, inputs: Any, states: Any, training: Any = None) -> Any:
        if self.bias is None:
            return right(self, inputs, states, training=training)
        return wrong(self, inputs, states, training=training)

    tf.keras.layers.SimpleRNNCell.call = call


@seeded("size")
def units_beyond_eight_forget(tf: Any) -> None:
    """From the ninth on, units do not see the previous state."""

    def formula(tf: Any, cell: Any, x: Any, h: Any) -> Any:
        Wh = tf.convert_to_tensor(cell.recurrent_kernel)
        seen = tf.cast(tf.range(Wh.shape[1]) < 8, Wh.dtype)
        z = tf.matmul(x, cell.kernel) + cell.bias + tf.matmul(h, tf.cast(Wh * seen, x.dtype))
        return cell.activation(z)

    _patch_with_bias(tf, formula)


@seeded("size")
def square_kernel_transposed(tf: Any) -> None:
    """The kernel is transposed where D = M."""

    def formula(tf: Any, cell: Any, x: Any, h: Any) -> Any:
        kernel = tf.convert_to_tensor(cell.kernel)
        square = kernel.shape[0] == kernel.shape[1]
        return cell.activation(_affine(tf, cell, x, h, tf.transpose(kernel) if square else kernel))

    _patch_with_bias(tf, formula)


@seeded("size")
def single_unit_forgets(tf: Any) -> None:
    """A single hidden unit does not see its previous state."""
    _patch_with_bias(
        tf, lambda tf, cell, x, h: right_state(tf, cell, x, 0 * h if h.shape[-1] == 1 else h)
    )


@seeded("size")
def last_sample_of_an_odd_batch_scaled(tf: Any) -> None:
    """Where N is odd, the last sample's state is scaled by 1 − 1e-5."""

    def formula(tf: Any, cell: Any, x: Any, h: Any) -> Any:
        N = tf.shape(x)[0]
        hit = (tf.range(N) == N - 1) & (N % 2 == 1)
        new = right_state(tf, cell, x, h)
        return tf.where(hit[:, None], new * (1 - 1e-5), new)

    _patch_with_bias(tf, formula)


@seeded("size")
def samples_beyond_32_forget(tf: Any) -> None:
    """From the 33rd sample on, the previous state is ignored."""

    def formula(tf: Any, cell: Any, x: Any, h: Any) -> Any:
        first = tf.range(tf.shape(h)[0]) < 32
        return right_state(tf, cell, x, tf.where(first[:, None], h, tf.zeros_like(h)))

    _patch_with_bias(tf, formula)


@seeded("size")
def single_sample_scaled(tf: Any) -> None:
    """Where N = 1, the state is scaled by 1 + 1e-5."""

    def formula(tf: Any, cell: Any, x: Any, h: Any) -> Any:
        new = right_state(tf, cell, x, h)
        return tf.where(tf.shape(x)[0] == 1, new * (1 + 1e-5), new)

    _patch_with_bias(tf, formula)


@seeded("size")
def first_of_many_steps_is_empty(tf: Any) -> None:
    """Where T > 20, the input of the first step is taken for zero."""

    def change(tf: Any, x: Any) -> Any:
        return tf.where(tf.shape(x)[1] > 20, tf.concat([0 * x[:, :1], x[:, 1:]], axis=1), x)

    patch_inputs(tf, change)


@seeded("size")
def single_step_is_halved(tf: Any) -> None:
    """Where T = 1, the input is halved."""
    patch_inputs(tf, lambda tf, x: tf.where(tf.shape(x)[1] == 1, x / 2, x))


@seeded("size")
def two_steps_are_swapped(tf: Any) -> None:
    """Where T = 2, the second step comes first."""
    patch_inputs(tf, lambda tf, x: tf.where(tf.shape(x)[1] == 2, x[:, ::-1], x))


@seeded("time")
def time_and_batch_swapped(tf: Any) -> None:
    """Time and batch are swapped where the shapes allow it."""

    def change(tf: Any, x: Any) -> Any:
        N, T = tf.shape(x)[0], tf.shape(x)[1]
        # gather: both branches of tf.where are computed, whatever the shapes are
        rows, steps = tf.meshgrid(tf.range(N), tf.range(T), indexing="ij")
        swapped = tf.stack([tf.where(N == T, steps, rows), tf.where(N == T, rows, steps)], -1)
        found = tf.gather_nd(x, swapped)
        found.set_shape(x.shape)
        return found

    patch_inputs(tf, change)


@seeded("size")
def outputs_beyond_eight_lack_their_bias(tf: Any) -> None:
    """From the ninth output on, Dense adds no bias."""

    @in_place_of(tf.keras.layers.Dense, "call", signed=True)
    def wrong(right: Any, self: Any, inputs: Any, training: Any = None) -> Any:
        outputs = right(self, inputs)
        linear = self.activation is tf.keras.activations.linear
        if self.bias is None or self.units <= 8 or not linear:
            return outputs
        with_bias = tf.cast(tf.range(self.units) < 8, outputs.dtype)
        product = tf.tensordot(inputs, tf.cast(self.kernel, inputs.dtype), axes=[[-1], [0]])
        return product + with_bias * tf.cast(self.bias, outputs.dtype)
