"""Faults of wrappers, cells, and layers in front of SimpleRNN and behind it."""

from __future__ import annotations

from conformance.faults.keras.patching import constructed, override, overriding, seeded
from conformance.implementations.keras.network import reset_state

#: What resets a layer is called, in Keras 3 and in Keras 2.
RESETS = ("reset_state", "reset_states")


def merged(function, tf, right, layer, *args, **kwargs):
    """What Bidirectional returns, by ``function(tf, layer, result)`` where it is one tensor."""
    result = right(layer, *args, **kwargs)
    return result if isinstance(result, (list, tuple)) else function(tf, layer, result)


def _halves(result):
    half = result.shape[-1] // 2
    return result[..., :half], result[..., half:]


def _joined(tf, first, second):
    return tf.keras.layers.Concatenate()([first, second])


@overriding("layers.Bidirectional.__call__", "wrappers", merged)
def bidirectional_halves_swapped(tf, layer, result):
    """Bidirectional puts the backward output before the forward one."""
    if layer.merge_mode != "concat":
        return result
    return _joined(tf, *_halves(result)[::-1])


@overriding("layers.Bidirectional.__call__", "wrappers", merged)
def bidirectional_backward_not_flipped(tf, layer, result):
    """Bidirectional leaves the backward sequence in its own order."""
    if layer.merge_mode != "concat" or len(result.shape) != 3:
        return result
    forward, backward = _halves(result)
    return _joined(tf, forward, backward[:, ::-1])


@overriding("layers.Bidirectional.__call__", "wrappers", merged)
def bidirectional_mean_is_a_sum(tf, layer, result):
    """Bidirectional's mean is a sum."""
    return result * 2 if layer.merge_mode == "ave" else result


@overriding("layers.Bidirectional.__call__", "wrappers", merged)
def bidirectional_mean_is_slightly_off(tf, layer, result):
    """Bidirectional's mean is too large by 1e-5 of itself."""
    return result * (1 + 1e-5) if layer.merge_mode == "ave" else result


@constructed("layers.Bidirectional", "wrappers")
def bidirectional_keeps_masked_outputs(tf, layer):
    """Bidirectional does not ask for zeros where a sequence is masked."""
    for one in (layer.forward_layer, layer.backward_layer):
        one.zero_output_for_mask = False


@constructed("layers.Bidirectional", "wrappers")
def bidirectional_runs_forward_twice(tf, layer):
    """Bidirectional's backward layer goes forwards."""
    layer.backward_layer.go_backwards = False


@constructed("layers.Bidirectional", "wrappers")
def bidirectional_forgets_one_direction(tf, layer):
    """A stateful Bidirectional carries the state of its forward layer alone."""
    layer.backward_layer.stateful = False
    for name in RESETS:  # which Keras 2 refuses where nothing is carried
        setattr(layer.backward_layer, name, lambda states=None: None)


@overriding(tuple(f"layers.Bidirectional.{name}" for name in RESETS), "wrappers")
def bidirectional_resets_one_direction(tf, right, layer):
    """To reset Bidirectional resets its forward layer alone."""
    reset_state(layer.forward_layer)


@overriding("layers.RNN.call", "wrappers")
def second_cell_begins_anew(tf, right, layer, *args, **kwargs):
    """A stateful RNN of two cells carries the state of the first alone."""
    result = right(layer, *args, **kwargs)
    if layer.stateful and hasattr(layer.cell, "cells"):
        last = tf.nest.flatten(layer.states)[-1]
        last.assign(last * 0)
    return result


@overriding("layers.RNN.compute_mask", "wrappers")
def mask_is_lost_between_layers(tf, right, *args, **kwargs):
    """A recurrent layer does not hand its mask on."""
    return None


@overriding("layers.RNN.__call__", "wrappers")
def cells_ignore_the_mask(tf, right, layer, inputs, *args, **kwargs):
    """RNN of more than one cell ignores the mask."""
    if hasattr(layer.cell, "cells"):
        inputs = tf.keras.layers.Lambda(lambda x: x + 0)(inputs)
        if hasattr(inputs, "_keras_mask"):
            inputs._keras_mask = None
    return right(layer, inputs, *args, **kwargs)


@overriding("layers.StackedRNNCells.call", "wrappers")
def output_of_two_cells_scaled(tf, right, *args, **kwargs):
    """The output of two cells, not their states, is too large by a thousandth."""
    output, new = right(*args, **kwargs)
    return output * (1 + 1e-3), new


# Masking of Keras 2 sets the mask as it is called, and compute_mask makes no difference.
@seeded("wrappers", requires="keras>=3")
def masking_where_any_feature_is_zero(tf):
    """Masking masks a step of which the first feature alone has the value."""
    ops = tf.keras.ops

    def compute_mask(tf, right, layer, inputs, mask=None):
        return ops.not_equal(inputs[..., 0], layer.mask_value)

    def call(tf, right, layer, inputs):  # which puts the mask on its result by itself
        mask = compute_mask(tf, right, layer, inputs)
        outputs = inputs * ops.cast(ops.expand_dims(mask, -1), inputs.dtype)
        outputs._keras_mask = mask
        return outputs

    override(tf, "layers.Masking.compute_mask", compute_mask)
    override(tf, "layers.Masking.call", call)


@overriding("layers.Embedding.compute_mask", "wrappers")
def embedding_masks_the_last_word(tf, right, layer, inputs, mask=None):
    """Embedding masks the last word in place of the first."""
    not_equal = getattr(tf.keras, "ops", tf).not_equal
    return not_equal(inputs, layer.input_dim - 1) if layer.mask_zero else None


@overriding("layers.Embedding.compute_mask", "wrappers")
def embedding_makes_no_mask(tf, right, layer, inputs, mask=None):
    """Embedding makes no mask, mask_zero or not."""
    return None


@overriding("layers.TimeDistributed.__call__", "wrappers")
def time_distributed_shifts_by_a_step(tf, right, *args, **kwargs):
    """TimeDistributed returns its steps one late."""
    result = right(*args, **kwargs)
    return tf.keras.layers.Concatenate(axis=1)([result[:, :1], result[:, :-1]])


@overriding("layers.Flatten.__call__", "wrappers")
def flatten_puts_units_first(tf, right, layer, inputs, *args, **kwargs):
    """Flatten puts units before time steps."""
    axes = (2, 1) if len(inputs.shape) == 3 else (1,)
    swapped = tf.keras.layers.Permute(axes)(inputs)
    return right(layer, swapped, *args, **kwargs)
