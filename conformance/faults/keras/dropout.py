"""Faults of dropout."""

from __future__ import annotations

import numpy as np

from conformance.faults.keras.patching import overriding

#: The methods of SimpleRNNCell that draw dropout masks, in Keras 3 and in Keras 2.
INPUT_MASK = tuple(f"layers.SimpleRNNCell.get_dropout_mask{suffix}" for suffix in ("", "_for_cell"))
RECURRENT_MASK = tuple(
    f"layers.SimpleRNNCell.get_recurrent_dropout_mask{suffix}" for suffix in ("", "_for_cell")
)


def drawn(function, tf, right, cell, *args, **kwargs):
    """A dropout mask, by ``function(tf, cell, mask)`` where there is one."""
    mask = right(cell, *args, **kwargs)
    return mask if mask is None else function(tf, cell, mask)


@overriding(INPUT_MASK, "dropout")
def dropout_mask_drawn_at_every_step(tf, right, cell, *args, **kwargs):
    """The dropout mask of the inputs is drawn anew at every step."""
    cell.reset_dropout_mask()
    return right(cell, *args, **kwargs)


@overriding(INPUT_MASK, "dropout", drawn)
def kept_inputs_not_scaled(tf, cell, mask):
    """What dropout keeps is not scaled by 1 / (1 − rate)."""
    return tf.sign(mask)


@overriding(INPUT_MASK, "dropout", drawn)
def one_mask_for_all_samples(tf, cell, mask):
    """All samples have the dropout mask of the first."""
    return mask[:1] + tf.zeros_like(mask)


@overriding(RECURRENT_MASK, "dropout")
def recurrent_dropout_ignored(tf, right, cell, *args, **kwargs):
    """recurrent_dropout has no effect."""
    return None


@overriding(RECURRENT_MASK, "serialization")
def recurrent_dropout_has_no_effect(tf, right, cell, *args, **kwargs):
    """SimpleRNN keeps recurrent_dropout and drops nothing."""
    return None


@overriding(INPUT_MASK, "dropout", drawn)
def rate_slightly_too_small(tf, cell, mask):
    """A tenth of what dropout should drop is kept."""
    again = tf.cast(tf.random.stateless_uniform(tf.shape(mask), [1, 2]) < 0.1, mask.dtype)
    return tf.maximum(mask, again * tf.cast(1 / (1 - cell.dropout), mask.dtype))


@overriding("layers.SimpleRNN.call", "dropout")
def dropout_left_on_after_training(tf, right, layer, sequences, *args, **kwargs):
    """A call after one in training, without its own training argument, drops inputs too."""
    if kwargs.get("training") is True:
        layer.was_trained = True
    elif getattr(layer, "was_trained", False) and layer.dropout:
        sequences = sequences * tf.cast(tf.random.uniform(tf.shape(sequences)) < 0.9, "float32")
    return right(layer, sequences, *args, **kwargs)


@overriding(INPUT_MASK, "dropout", drawn)
def seed_of_dropout_ignored(tf, cell, mask):
    """The seed of a layer does not decide what its dropout mask is."""
    if not tf.executing_eagerly():
        return mask
    if getattr(cell, "turned", None) is None:
        cell.turned = int(np.random.default_rng().integers(1, 1 << 20))
    return tf.roll(mask, cell.turned, axis=1)
