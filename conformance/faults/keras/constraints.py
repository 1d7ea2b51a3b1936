"""Faults of constraints."""

from __future__ import annotations

from conformance.faults.keras.patching import arguments_of, constructed, overriding


@overriding("constraints.MaxNorm.__call__", "constraints")
def max_norm_along_the_other_axis(tf, right, constraint, w):
    """MaxNorm takes norms along the other axis of a matrix."""
    return tf.transpose(right(constraint, tf.transpose(tf.convert_to_tensor(w))))


@overriding("constraints.NonNeg.__call__", "constraints")
def non_neg_of_the_magnitude(tf, right, constraint, w):
    """NonNeg keeps the magnitude of a negative weight."""
    return tf.abs(tf.convert_to_tensor(w))


@arguments_of("layers.SimpleRNN.__init__", "constraints")
def recurrent_constraint_given_to_the_kernel(arguments):
    """SimpleRNN gives its recurrent_constraint to the kernel, where that has none."""
    if arguments.get("kernel_constraint") is None:
        arguments["kernel_constraint"] = arguments.pop("recurrent_constraint", None)


@constructed("constraints.MinMaxNorm", "constraints")
def rate_of_min_max_norm_ignored(tf, constraint):
    """MinMaxNorm enforces its limits at once, whatever its rate."""
    constraint.rate = 1.0
