"""Faults of the equation, in SimpleRNNCell."""

from __future__ import annotations

from conformance.faults.keras.patching import preactivation, right_sum, state


@preactivation()
def recurrent_kernel_transposed(tf, x, h, Wx, Wh, bh):
    return tf.matmul(x, Wx) + bh + tf.matmul(h, Wh, transpose_b=True)


@preactivation()
def no_recurrence(tf, x, h, Wx, Wh, bh):
    return tf.matmul(x, Wx) + bh + 0 * h


@preactivation()
def no_bias(tf, x, h, Wx, Wh, bh):
    return right_sum(tf, x, h, Wx, Wh, 0 * bh)


@state()
def state_scaled_slightly(tf, new):
    return new * (1 - 1e-5)


@state()
def last_unit_scaled_slightly(tf, new):
    return tf.concat([new[:, :-1], new[:, -1:] * (1 + 1e-5)], axis=1)
