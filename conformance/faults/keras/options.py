"""Faults of options: direction, unrolling, and dropout at inference."""

from __future__ import annotations

from conformance.faults.keras.patching import after_call, before_call, time_reversed


@before_call()
def go_backwards_is_ignored(tf, layer, arguments):
    if layer.go_backwards:
        for name in ("inputs", "mask"):
            if arguments[name] is not None:
                arguments[name] = time_reversed(tf, layer, arguments[name])


@after_call()
def backward_sequence_is_flipped_back(tf, layer, results):
    if layer.go_backwards and layer.return_sequences:
        results[0] = time_reversed(tf, layer, results[0])
    return results


@before_call("unroll")
def unrolled_without_its_first_step(tf, layer, arguments):
    """Unrolled, the input of the first step is taken for zero."""
    if layer.unroll:
        x = arguments["inputs"]
        arguments["inputs"] = tf.concat([0 * x[:, :1], x[:, 1:]], axis=1)


@before_call("inference")
def dropout_at_inference(tf, layer, arguments):
    """Dropout is active at inference."""
    arguments["training"] = True
