"""Faults of gradients alone: the network computes what it should, and is run backwards wrongly."""

from __future__ import annotations

from typing import Any

from conformance.faults.keras.patching import preactivation, right_sum


def scaled_backwards(tf: Any, tensor: Any, factor: float) -> Any:
    """A tensor as it is, whose gradient is multiplied with a factor."""

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def same(a: Any) -> Any:
        return tf.identity(a), lambda d: d * tf.cast(factor, d.dtype)

    return same(tensor)


@preactivation()
def gradient_stops_at_every_step(tf, x, h, Wx, Wh, bh):
    return right_sum(tf, x, tf.stop_gradient(h), Wx, Wh, bh)


@preactivation()
def gradient_grows_slightly_through_time(tf, x, h, Wx, Wh, bh):
    return right_sum(tf, x, scaled_backwards(tf, h, 1 + 1e-5), Wx, Wh, bh)


@preactivation("gradients")
def recurrent_kernel_has_no_gradient(tf, x, h, Wx, Wh, bh):
    """The recurrent kernel has no gradient."""
    return right_sum(tf, x, h, Wx, tf.stop_gradient(tf.convert_to_tensor(Wh)), bh)


@preactivation("gradients")
def gradient_scaled_in_graphs(tf, x, h, Wx, Wh, bh):
    """Traced into a graph, gradients by preactivations are too large by 1e-4."""
    z = right_sum(tf, x, h, Wx, Wh, bh)
    return z if tf.executing_eagerly() else scaled_backwards(tf, z, 1 + 1e-4)
