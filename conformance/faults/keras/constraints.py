"""Faults of constraints."""

from __future__ import annotations

from typing import Any

from conformance.faults.keras.catalogue import in_place_of, seeded


@seeded("constraints")
def max_norm_along_the_other_axis(tf: Any) -> None:
    """MaxNorm takes norms along the other axis of a matrix."""

    @in_place_of(tf.keras.constraints.MaxNorm, "__call__")
    def wrong(right: Any, self: Any, w: Any) -> Any:
        turned = tf.transpose(tf.convert_to_tensor(w))
        return tf.transpose(right(self, turned))


@seeded("constraints")
def non_neg_of_the_magnitude(tf: Any) -> None:
    """NonNeg keeps the magnitude of a negative weight."""
    tf.keras.constraints.NonNeg.__call__ = lambda self, w: tf.abs(tf.convert_to_tensor(w))


@seeded("constraints")
def recurrent_constraint_given_to_the_kernel(tf: Any) -> None:
    """SimpleRNN gives its recurrent_constraint to the kernel, where that has none."""

    @in_place_of(tf.keras.layers.SimpleRNN, "__init__")
    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("kernel_constraint") is None:
            kwargs["kernel_constraint"] = kwargs.pop("recurrent_constraint", None)
        right(self, *args, **kwargs)


@seeded("constraints")
def rate_of_min_max_norm_ignored(tf: Any) -> None:
    """MinMaxNorm enforces its limits at once, whatever its rate."""

    @in_place_of(tf.keras.constraints.MinMaxNorm, "__init__")
    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> None:
        right(self, *args, **kwargs)
        self.rate = 1.0
