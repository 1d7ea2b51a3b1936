"""Faults that show for some N, T, D, M or K only."""

from __future__ import annotations

from conformance.faults.keras.patching import inputs, overriding, preactivation, right_sum, state


@preactivation("size")
def features_beyond_sixteen_dropped(tf, x, h, Wx, Wh, bh):
    """From the seventeenth on, features are dropped."""
    return right_sum(tf, x[:, :16], h, tf.convert_to_tensor(Wx)[:16], Wh, bh)


@preactivation()
def units_beyond_eight_forget(tf, x, h, Wx, Wh, bh):
    Wh = tf.convert_to_tensor(Wh)
    seen = tf.cast(tf.range(Wh.shape[1]) < 8, Wh.dtype)
    return right_sum(tf, x, h, Wx, tf.cast(Wh * seen, x.dtype), bh)


@preactivation()
def square_kernel_transposed(tf, x, h, Wx, Wh, bh):
    Wx = tf.convert_to_tensor(Wx)
    return right_sum(tf, x, h, tf.transpose(Wx) if Wx.shape[0] == Wx.shape[1] else Wx, Wh, bh)


@preactivation()
def single_unit_forgets(tf, x, h, Wx, Wh, bh):
    return right_sum(tf, x, 0 * h if h.shape[-1] == 1 else h, Wx, Wh, bh)


@state("size")
def last_sample_of_an_odd_batch_scaled(tf, new):
    """Where N is odd, the last sample's state is scaled by 1 − 1e-5."""
    N = tf.shape(new)[0]
    hit = (tf.range(N) == N - 1) & (N % 2 == 1)
    return tf.where(hit[:, None], new * (1 - 1e-5), new)


@preactivation("size")
def samples_beyond_32_forget(tf, x, h, Wx, Wh, bh):
    """From the 33rd sample on, the previous state is ignored."""
    first = tf.range(tf.shape(h)[0]) < 32
    return right_sum(tf, x, tf.where(first[:, None], h, tf.zeros_like(h)), Wx, Wh, bh)


@state("size")
def single_sample_scaled(tf, new):
    """Where N = 1, the state is scaled by 1 + 1e-5."""
    return tf.where(tf.shape(new)[0] == 1, new * (1 + 1e-5), new)


@inputs("size")
def first_of_many_steps_is_empty(tf, x):
    """Where T > 20, the input of the first step is taken for zero."""
    return tf.where(tf.shape(x)[1] > 20, tf.concat([0 * x[:, :1], x[:, 1:]], axis=1), x)


@inputs("size")
def single_step_is_halved(tf, x):
    """Where T = 1, the input is halved."""
    return tf.where(tf.shape(x)[1] == 1, x / 2, x)


@inputs("size")
def two_steps_are_swapped(tf, x):
    """Where T = 2, the second step comes first."""
    return tf.where(tf.shape(x)[1] == 2, x[:, ::-1], x)


@overriding("layers.Dense.call", "size")
def outputs_beyond_eight_lack_their_bias(tf, right, dense, inputs, **_):
    """From the ninth output on, Dense adds no bias."""
    outputs = right(dense, inputs)
    linear = dense.activation is tf.keras.activations.linear
    if dense.bias is None or dense.units <= 8 or not linear:
        return outputs
    with_bias = tf.cast(tf.range(dense.units) < 8, outputs.dtype)
    product = tf.tensordot(inputs, tf.cast(dense.kernel, inputs.dtype), axes=[[-1], [0]])
    return product + with_bias * tf.cast(dense.bias, outputs.dtype)
