"""Faults of precision: with how many bits is it computed?"""

from __future__ import annotations

from conformance.faults.keras.patching import preactivation, right_sum


def _to_eleven_bits(tf, a):
    """Rounded as TensorFloat-32 is, by Veltkamp's splitting; float32 only."""
    a = tf.convert_to_tensor(a)
    if a.dtype != tf.float32:
        return a
    scaled = a * (2.0**13 + 1)
    return scaled - (scaled - a)


@preactivation()
def operands_in_tf32(tf, x, h, Wx, Wh, bh):
    x, h, Wx, Wh = (_to_eleven_bits(tf, a) for a in (x, h, Wx, Wh))
    return right_sum(tf, x, h, Wx, Wh, bh)


@preactivation()
def first_product_in_tf32(tf, x, h, Wx, Wh, bh):
    first = x[:, :1] * tf.convert_to_tensor(Wx)[:1]
    return right_sum(tf, x, h, Wx, Wh, bh) + (_to_eleven_bits(tf, first) - first)


@preactivation()
def bias_off_by_a_millionth(tf, x, h, Wx, Wh, bh):
    return right_sum(tf, x, h, Wx, Wh, bh + 1e-6)


@preactivation()
def sums_in_float16(tf, x, h, Wx, Wh, bh):
    z = tf.matmul(x, Wx) + tf.matmul(h, Wh)
    return tf.cast(tf.cast(z, "float16"), x.dtype) + bh
