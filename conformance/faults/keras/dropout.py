"""Faults of dropout."""

from __future__ import annotations

from typing import Any, Callable

from conformance.faults.keras.catalogue import in_place_of, seeded


def _cell_with(tf: Any, **patched: Callable[..., Any]) -> None:
    """Replace the mask getters of SimpleRNNCell: ``input`` and ``recurrent``, in Keras 2 and 3."""
    cell = tf.keras.layers.SimpleRNNCell
    suffix = "" if hasattr(cell, "get_dropout_mask") else "_for_cell"
    names = {"input": "get_dropout_mask", "recurrent": "get_recurrent_dropout_mask"}
    for which, wrong in patched.items():
        in_place_of(cell, names[which] + suffix)(wrong)


@seeded("dropout")
def dropout_mask_drawn_at_every_step(tf: Any) -> None:
    """The dropout mask of the inputs is drawn anew at every step."""

    def wrong(right: Any, cell: Any, *args: Any, **kwargs: Any) -> Any:
        cell.reset_dropout_mask()
        return right(cell, *args, **kwargs)

    _cell_with(tf, input=wrong)


@seeded("dropout")
def kept_inputs_not_scaled(tf: Any) -> None:
    """What dropout keeps is not scaled by 1 / (1 − rate)."""

    def wrong(right: Any, cell: Any, *args: Any, **kwargs: Any) -> Any:
        mask = right(cell, *args, **kwargs)
        return mask if mask is None else tf.sign(mask)

    _cell_with(tf, input=wrong)


@seeded("dropout")
def one_mask_for_all_samples(tf: Any) -> None:
    """All samples have the dropout mask of the first."""

    def wrong(right: Any, cell: Any, *args: Any, **kwargs: Any) -> Any:
        mask = right(cell, *args, **kwargs)
        return mask if mask is None else mask[:1] + tf.zeros_like(mask)

    _cell_with(tf, input=wrong)


@seeded("dropout")
def recurrent_dropout_ignored(tf: Any) -> None:
    """recurrent_dropout has no effect."""
    _cell_with(tf, recurrent=lambda right, cell, *args, **kwargs: None)


@seeded("dropout")
def rate_slightly_too_small(tf: Any) -> None:
    """A tenth of what dropout should drop is kept."""

    def wrong(right: Any, cell: Any, *args: Any, **kwargs: Any) -> Any:
        mask = right(cell, *args, **kwargs)
        if mask is None:
            return None
        kept = 1 / (1 - cell.dropout)
        again = tf.cast(tf.random.stateless_uniform(tf.shape(mask), [1, 2]) < 0.1, mask.dtype)
        return tf.maximum(mask, again * tf.cast(kept, mask.dtype))

    _cell_with(tf, input=wrong)


@seeded("dropout")
def dropout_left_on_after_training(tf: Any) -> None:
    """A call after one in training, without its own training argument, drops inputs too."""

    @in_place_of(tf.keras.layers.SimpleRNN, "call")
    def wrong(right: Any, self: Any, sequences: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("training") is True:
            self.was_trained = True
        elif getattr(self, "was_trained", False) and self.dropout:
            sequences = sequences * tf.cast(tf.random.uniform(tf.shape(sequences)) < 0.9, "float32")
        return right(self, sequences, *args, **kwargs)


@seeded("dropout")
def seed_of_dropout_ignored(tf: Any) -> None:
    """The seed of a layer does not decide what its dropout mask is."""

    def wrong(right: Any, cell: Any, *args: Any, **kwargs: Any) -> Any:
        mask = right(cell, *args, **kwargs)
        if mask is None or not tf.executing_eagerly():
            return mask
        if getattr(cell, "turned", None) is None:
            import numpy as np

            cell.turned = int(np.random.default_rng().integers(1, 1 << 20))
        return tf.roll(mask, cell.turned, axis=1)

    _cell_with(tf, input=wrong)
