"""Faults of wrappers, cells, and layers in front of SimpleRNN and behind it."""

from __future__ import annotations

from typing import Any, Callable

from conformance.faults.keras.catalogue import in_place_of, seeded
from conformance.implementations.keras.network import reset_state

#: What resets a layer is called, in Keras 3 and in Keras 2.
RESETS = ("reset_state", "reset_states")


def _after_bidirectional(tf: Any, change: Callable[[Any, Any], Any]) -> None:
    """Change what Bidirectional returns where it is one tensor; ``change(layer, result)``."""

    @in_place_of(tf.keras.layers.Bidirectional, "__call__")
    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        result = right(self, *args, **kwargs)
        return result if isinstance(result, (list, tuple)) else change(self, result)


def _built_bidirectional(tf: Any, change: Callable[[Any], None]) -> None:
    """Change Bidirectional when it has made its two layers; ``change(layer)``."""

    @in_place_of(tf.keras.layers.Bidirectional, "__init__")
    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> None:
        right(self, *args, **kwargs)
        change(self)


def _halves(tf: Any, result: Any) -> tuple[Any, Any]:
    half = result.shape[-1] // 2
    return result[..., :half], result[..., half:]


def _joined(tf: Any, first: Any, second: Any) -> Any:
    return tf.keras.layers.Concatenate()([first, second])


@seeded("wrappers")
def bidirectional_halves_swapped(tf: Any) -> None:
    """Bidirectional puts the backward output before the forward one."""

    def change(layer: Any, result: Any) -> Any:
        if layer.merge_mode != "concat":
            return result
        return _joined(tf, *_halves(tf, result)[::-1])

    _after_bidirectional(tf, change)


@seeded("wrappers")
def bidirectional_backward_not_flipped(tf: Any) -> None:
    """Bidirectional leaves the backward sequence in its own order."""

    def change(layer: Any, result: Any) -> Any:
        if layer.merge_mode != "concat" or len(result.shape) != 3:
            return result
        forward, backward = _halves(tf, result)
        return _joined(tf, forward, backward[:, ::-1])

    _after_bidirectional(tf, change)


@seeded("wrappers")
def bidirectional_mean_is_a_sum(tf: Any) -> None:
    """Bidirectional's mean is a sum."""
    _after_bidirectional(
        tf, lambda layer, result: result * 2 if layer.merge_mode == "ave" else result
    )


@seeded("wrappers")
def bidirectional_mean_is_slightly_off(tf: Any) -> None:
    """Bidirectional's mean is too large by 1e-5 of itself."""
    _after_bidirectional(
        tf, lambda layer, result: result * (1 + 1e-5) if layer.merge_mode == "ave" else result
    )


@seeded("wrappers")
def bidirectional_keeps_masked_outputs(tf: Any) -> None:
    """Bidirectional does not ask for zeros where a sequence is masked."""

    def change(layer: Any) -> None:
        for one in (layer.forward_layer, layer.backward_layer):
            one.zero_output_for_mask = False

    _built_bidirectional(tf, change)


@seeded("wrappers")
def bidirectional_runs_forward_twice(tf: Any) -> None:
    """Bidirectional's backward layer goes forwards."""

    def change(layer: Any) -> None:
        layer.backward_layer.go_backwards = False

    _built_bidirectional(tf, change)


@seeded("wrappers")
def bidirectional_forgets_one_direction(tf: Any) -> None:
    """A stateful Bidirectional carries the state of its forward layer alone."""

    def change(layer: Any) -> None:
        layer.backward_layer.stateful = False
        for name in RESETS:  # which Keras 2 refuses where nothing is carried
            setattr(layer.backward_layer, name, lambda states=None: None)

    _built_bidirectional(tf, change)


@seeded("wrappers")
def bidirectional_resets_one_direction(tf: Any) -> None:
    """To reset Bidirectional resets its forward layer alone."""
    for name in RESETS:
        if hasattr(tf.keras.layers.Bidirectional, name):
            setattr(
                tf.keras.layers.Bidirectional, name, lambda self: reset_state(self.forward_layer)
            )


@seeded("wrappers")
def second_cell_begins_anew(tf: Any) -> None:
    """A stateful RNN of two cells carries the state of the first alone."""

    @in_place_of(tf.keras.layers.RNN, "call", signed=True)
    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        result = right(self, *args, **kwargs)
        if self.stateful and hasattr(self.cell, "cells"):
            last = tf.nest.flatten(self.states)[-1]
            last.assign(last * 0)
        return result


@seeded("wrappers")
def mask_is_lost_between_layers(tf: Any) -> None:
    """A recurrent layer does not hand its mask on."""
    tf.keras.layers.RNN.compute_mask = lambda self, *args, **kwargs: None


@seeded("wrappers")
def cells_ignore_the_mask(tf: Any) -> None:
    """RNN of more than one cell ignores the mask."""

    @in_place_of(tf.keras.layers.RNN, "__call__")
    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        if hasattr(self.cell, "cells"):
            inputs = args[0]
            fresh = tf.keras.layers.Lambda(lambda x: x + 0)(inputs)
            if hasattr(fresh, "_keras_mask"):
                fresh._keras_mask = None
            args = (fresh, *args[1:])
        return right(self, *args, **kwargs)


@seeded("wrappers")
def output_of_two_cells_scaled(tf: Any) -> None:
    """The output of two cells, not their states, is too large by a thousandth."""
    layer = tf.keras.layers.StackedRNNCells
    right = layer.call

    if hasattr(tf.keras, "ops"):

        def call(self: Any, inputs: Any, states: Any, training: Any = False, **kwargs: Any) -> Any:
            output, new = right(self, inputs, states, training=training, **kwargs)
            return output * (1 + 1e-3), new

        layer.call = call
    else:

        def call_2(
            self: Any, inputs: Any, states: Any, constants: Any = None, training: Any = None,
            **kwargs: Any,
        ) -> Any:  # fmt: skip
            output, new = right(self, inputs, states, constants, training, **kwargs)
            return output * (1 + 1e-3), new

        layer.call = call_2


# Masking of Keras 2 sets the mask as it is called, and compute_mask makes no difference.
@seeded("wrappers", requires="keras>=3")
def masking_where_any_feature_is_zero(tf: Any) -> None:
    """Masking masks a step of which the first feature alone has the value."""

    def compute_mask(self: Any, inputs: Any, mask: Any = None) -> Any:
        return tf.not_equal(inputs[..., 0], self.mask_value)

    _mask_of(tf, tf.keras.layers.Masking, compute_mask)


@seeded("wrappers")
def embedding_masks_the_last_word(tf: Any) -> None:
    """Embedding masks the last word in place of the first."""

    def compute_mask(self: Any, inputs: Any, mask: Any = None) -> Any:
        not_equal = tf.keras.ops.not_equal if hasattr(tf.keras, "ops") else tf.not_equal
        return not_equal(inputs, self.input_dim - 1) if self.mask_zero else None

    _mask_of(tf, tf.keras.layers.Embedding, compute_mask)


@seeded("wrappers")
def embedding_makes_no_mask(tf: Any) -> None:
    """Embedding makes no mask, mask_zero or not."""
    _mask_of(tf, tf.keras.layers.Embedding, lambda self, inputs, mask=None: None)


def _mask_of(tf: Any, layer: Any, compute_mask: Callable[..., Any]) -> None:
    """Replace ``compute_mask``; Keras 3's Masking puts the mask on its result by itself."""
    if hasattr(tf.keras, "ops"):
        ops = tf.keras.ops

        def of_operations(self: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            if layer is tf.keras.layers.Masking:
                return ops.not_equal(inputs[..., 0], self.mask_value)
            return compute_mask(self, inputs)

        if layer is tf.keras.layers.Masking:

            def call(self: Any, inputs: Any) -> Any:
                mask = of_operations(self, inputs)
                outputs = inputs * ops.cast(ops.expand_dims(mask, -1), inputs.dtype)
                outputs._keras_mask = mask
                return outputs

            layer.call = call
        layer.compute_mask = of_operations
    else:
        layer.compute_mask = compute_mask


@seeded("wrappers")
def time_distributed_shifts_by_a_step(tf: Any) -> None:
    """TimeDistributed returns its steps one late."""

    @in_place_of(tf.keras.layers.TimeDistributed, "__call__")
    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        result = right(self, *args, **kwargs)
        return tf.keras.layers.Concatenate(axis=1)([result[:, :1], result[:, :-1]])


@seeded("wrappers")
def flatten_puts_units_first(tf: Any) -> None:
    """Flatten puts units before time steps."""

    @in_place_of(tf.keras.layers.Flatten, "__call__")
    def wrong(right: Any, self: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        axes = (2, 1) if len(inputs.shape) == 3 else (1,)
        swapped = tf.keras.layers.Permute(axes)(inputs)
        return right(self, swapped, *args, **kwargs)
