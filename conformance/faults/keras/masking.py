"""Faults of masks, in calls of SimpleRNN."""

from __future__ import annotations

from conformance.faults.keras.patching import before_call, time_reversed


@before_call()
def mask_is_inverted(tf, layer, arguments):
    if arguments["mask"] is not None:
        arguments["mask"] = tf.logical_not(tf.cast(arguments["mask"], "bool"))


@before_call()
def mask_is_not_reversed(tf, layer, arguments):
    if arguments["mask"] is not None and layer.go_backwards:
        arguments["mask"] = time_reversed(tf, layer, arguments["mask"])


@before_call()
def mask_is_ignored_when_unrolled(tf, layer, arguments):
    if layer.unroll:
        arguments["mask"] = None


@before_call()
def mask_is_ignored_with_an_initial_state(tf, layer, arguments):
    if arguments["initial_state"] is not None:
        arguments["mask"] = None


@before_call("mask")
def mask_is_ignored_in_graph_mode(tf, layer, arguments):
    """Traced into a graph, a stateful layer ignores its mask."""
    if layer.stateful and not tf.executing_eagerly():
        arguments["mask"] = None


@before_call()
def masked_output_is_never_zero(tf, layer, arguments):
    layer.zero_output_for_mask = False


@before_call("mask")
def masked_steps_are_multiplied_by_zero(tf, layer, arguments):
    """Masked steps are multiplied by zero before they are skipped, so that NaN in one spreads."""
    if arguments["mask"] is not None:
        x = arguments["inputs"]
        arguments["inputs"] = x + 0 * tf.reduce_mean(x, axis=1, keepdims=True)
