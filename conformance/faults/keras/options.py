"""Faults of masks, direction, states, unrolling and dropout, in calls of SimpleRNN."""

from __future__ import annotations

from typing import Any

from conformance.faults.keras.catalogue import seeded
from conformance.faults.keras.patching import Arguments, patch_simple_rnn


def _time_reversed(tf: Any, layer: Any, tensor: Any) -> Any:
    return tf.reverse(tensor, [0 if getattr(layer, "time_major", False) else 1])


@seeded("mask")
def mask_is_inverted(tf: Any) -> None:
    """The mask is read the other way round."""

    def before(tf: Any, layer: Any, arguments: Arguments) -> None:
        if arguments["mask"] is not None:
            arguments["mask"] = tf.logical_not(tf.cast(arguments["mask"], "bool"))

    patch_simple_rnn(tf, before)


@seeded("mask")
def mask_is_not_reversed(tf: Any) -> None:
    """Backwards, the inputs are reversed and the mask is not."""

    def before(tf: Any, layer: Any, arguments: Arguments) -> None:
        if arguments["mask"] is not None and layer.go_backwards:
            arguments["mask"] = _time_reversed(tf, layer, arguments["mask"])

    patch_simple_rnn(tf, before)


@seeded("mask")
def mask_is_ignored_when_unrolled(tf: Any) -> None:
    """Unrolled, the mask is ignored."""

    def before(tf: Any, layer: Any, arguments: Arguments) -> None:
        if layer.unroll:
            arguments["mask"] = None

    patch_simple_rnn(tf, before)


@seeded("mask")
def mask_is_ignored_with_an_initial_state(tf: Any) -> None:
    """Where an initial state is given, the mask is ignored."""

    def before(tf: Any, layer: Any, arguments: Arguments) -> None:
        if arguments["initial_state"] is not None:
            arguments["mask"] = None

    patch_simple_rnn(tf, before)


@seeded("mask")
def mask_is_ignored_in_graph_mode(tf: Any) -> None:
    """Traced into a graph, a stateful layer ignores its mask."""

    def before(tf: Any, layer: Any, arguments: Arguments) -> None:
        if layer.stateful and not tf.executing_eagerly():
            arguments["mask"] = None

    patch_simple_rnn(tf, before)


@seeded("mask")
def masked_output_is_never_zero(tf: Any) -> None:
    """zero_output_for_mask is ignored."""

    def before(tf: Any, layer: Any, arguments: Arguments) -> None:
        layer.zero_output_for_mask = False

    patch_simple_rnn(tf, before)


@seeded("mask")
def masked_steps_are_multiplied_by_zero(tf: Any) -> None:
    """Masked steps are multiplied by zero before they are skipped, so that NaN in one spreads."""

    def before(tf: Any, layer: Any, arguments: Arguments) -> None:
        if arguments["mask"] is not None:
            x = arguments["inputs"]
            arguments["inputs"] = x + 0 * tf.reduce_mean(x, axis=1, keepdims=True)

    patch_simple_rnn(tf, before)


@seeded("direction")
def go_backwards_is_ignored(tf: Any) -> None:
    """go_backwards is ignored."""

    def before(tf: Any, layer: Any, arguments: Arguments) -> None:
        if layer.go_backwards:
            for name in ("inputs", "mask"):
                if arguments[name] is not None:
                    arguments[name] = _time_reversed(tf, layer, arguments[name])

    patch_simple_rnn(tf, before)


@seeded("direction")
def backward_sequence_is_flipped_back(tf: Any) -> None:
    """Backwards, a returned sequence is in the order of time."""

    def after(tf: Any, layer: Any, results: list[Any], arguments: Arguments) -> list[Any]:
        if layer.go_backwards and layer.return_sequences:
            results[0] = _time_reversed(tf, layer, results[0])
        return results

    patch_simple_rnn(tf, after=after)


@seeded("state")
def given_state_is_ignored_when_unrolled(tf: Any) -> None:
    """Unrolled, an initial state that is given is taken for zero."""

    def before(tf: Any, layer: Any, arguments: Arguments) -> None:
        if layer.unroll and arguments["initial_state"] is not None:
            arguments["initial_state"] = [0 * tf.convert_to_tensor(s) for s in
                                          tf.nest.flatten(arguments["initial_state"])]  # fmt: skip

    patch_simple_rnn(tf, before)


@seeded("state")
def returned_state_off_in_one_unit(tf: Any) -> None:
    """The last unit of the returned state is too large by 1e-5."""

    def after(tf: Any, layer: Any, results: list[Any], arguments: Arguments) -> list[Any]:
        if len(results) > 1:
            state = results[1]
            results[1] = tf.concat([state[:, :-1], state[:, -1:] + 1e-5], axis=1)
        return results

    patch_simple_rnn(tf, after=after)


@seeded("state")
def returned_state_is_the_last_output(tf: Any) -> None:
    """The returned state is the last output, which differs where that is masked."""

    def after(tf: Any, layer: Any, results: list[Any], arguments: Arguments) -> list[Any]:
        if len(results) > 1 and not getattr(layer, "time_major", False):
            results[1] = results[0][:, -1] if layer.return_sequences else results[0]
        return results

    patch_simple_rnn(tf, after=after)


def _reset_name(tf: Any) -> str:
    return "reset_state" if hasattr(tf.keras, "ops") else "reset_states"


@seeded("state")
def reset_is_ignored(tf: Any) -> None:
    """A reset changes nothing."""
    setattr(tf.keras.layers.RNN, _reset_name(tf), lambda self, states=None: None)


@seeded("state")
def predict_resets_the_state(tf: Any) -> None:
    """A stateful layer is reset by predict before it begins."""
    right = tf.keras.Model.predict

    def wrong(self: Any, *args: Any, **kwargs: Any) -> Any:
        for layer in self.layers:
            if getattr(layer, "stateful", False):
                getattr(layer, _reset_name(tf))()
        return right(self, *args, **kwargs)

    tf.keras.Model.predict = wrong


@seeded("batch")
def smaller_last_batch_is_shuffled(tf: Any) -> None:
    """Where predict ends with a smaller batch, its samples come back in reverse."""
    right = tf.keras.Model.predict

    def wrong(self: Any, x: Any, batch_size: Any = None, **kwargs: Any) -> Any:
        results = right(self, x, batch_size=batch_size, **kwargs)

        def reversed_end(y: Any) -> Any:
            last = len(y) % (batch_size or 32)
            return y if not last else tf.concat([y[:-last], y[-last:][::-1]], axis=0).numpy()

        return tf.nest.map_structure(reversed_end, results)

    tf.keras.Model.predict = wrong


@seeded("batch")
def predict_forgets_between_batches(tf: Any) -> None:
    """In predict, a stateful layer is reset before each batch."""
    right = tf.keras.Model.predict

    def wrong(self: Any, x: Any, batch_size: Any = None, **kwargs: Any) -> Any:
        stateful = [layer for layer in self.layers if getattr(layer, "stateful", False)]
        listed = x if isinstance(x, list) else [x]
        if not stateful or not batch_size or len(listed[0]) <= batch_size:
            return right(self, x, batch_size=batch_size, **kwargs)
        parts = []
        for first in range(0, len(listed[0]), batch_size):
            for layer in stateful:
                getattr(layer, _reset_name(tf))()
            batch = [array[first : first + batch_size] for array in listed]
            batch = batch if isinstance(x, list) else batch[0]
            parts.append(right(self, batch, batch_size=batch_size, **kwargs))
        return tf.nest.map_structure(lambda *y: tf.concat(y, axis=0).numpy(), *parts)

    tf.keras.Model.predict = wrong


@seeded("unroll")
def unrolled_without_its_first_step(tf: Any) -> None:
    """Unrolled, the input of the first step is taken for zero."""

    def before(tf: Any, layer: Any, arguments: Arguments) -> None:
        if layer.unroll:
            x = arguments["inputs"]
            arguments["inputs"] = tf.concat([0 * x[:, :1], x[:, 1:]], axis=1)

    patch_simple_rnn(tf, before)


@seeded("inference")
def dropout_at_inference(tf: Any) -> None:
    """Dropout is active at inference."""

    def before(tf: Any, layer: Any, arguments: Arguments) -> None:
        arguments["training"] = True

    patch_simple_rnn(tf, before)
