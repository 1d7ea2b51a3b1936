"""Faults of arguments of the constructors: ignored, or taken for others."""

from __future__ import annotations

from typing import Any, Callable

from conformance.faults.keras.catalogue import in_place_of, seeded


def _after_init(layer: Any, change: Callable[[Any], None]) -> None:
    """``change(layer)`` at the end of the constructor."""

    @in_place_of(layer, "__init__")
    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> None:
        right(self, *args, **kwargs)
        change(self)


@seeded("configuration")
def activation_is_always_tanh(tf: Any) -> None:
    """Whatever activation is asked for, tanh is applied."""

    def change(cell: Any) -> None:
        if cell.activation is not tf.keras.activations.linear:
            cell.activation = tf.keras.activations.tanh

    _after_init(tf.keras.layers.SimpleRNNCell, change)


@seeded("configuration")
def dense_activation_ignored(tf: Any) -> None:
    """Dense ignores its activation."""

    def change(layer: Any) -> None:
        layer.activation = tf.keras.activations.linear

    _after_init(tf.keras.layers.Dense, change)


@seeded("configuration")
def use_bias_ignored(tf: Any) -> None:
    """SimpleRNN has a bias, asked for or not."""

    def change(cell: Any) -> None:
        cell.use_bias = True

    _after_init(tf.keras.layers.SimpleRNNCell, change)


@seeded("configuration")
def stateful_ignored(tf: Any) -> None:
    """Stateful is ignored."""

    def change(layer: Any) -> None:
        layer.stateful = False

    _after_init(tf.keras.layers.SimpleRNN, change)


@seeded("configuration")
def return_sequences_with_return_state(tf: Any) -> None:
    """A state can be returned beside a whole sequence only."""

    def change(layer: Any) -> None:
        layer.return_sequences = layer.return_sequences or layer.return_state

    _after_init(tf.keras.layers.SimpleRNN, change)


@seeded("configuration")
def backwards_when_unrolled_ignored(tf: Any) -> None:
    """go_backwards is ignored where the layer is unrolled."""

    def change(layer: Any) -> None:
        layer.go_backwards = layer.go_backwards and not layer.unroll

    _after_init(tf.keras.layers.SimpleRNN, change)


@seeded("configuration")
def zero_output_for_mask_always(tf: Any) -> None:
    """Outputs of masked steps are zero, asked for or not."""

    def change(layer: Any) -> None:
        layer.zero_output_for_mask = True

    _after_init(tf.keras.layers.SimpleRNN, change)
