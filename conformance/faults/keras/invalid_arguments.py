"""Faults of checks: what should be refused is taken, or refused without a word."""

from __future__ import annotations

import inspect
import sys
from typing import Any

from conformance.faults.keras.catalogue import in_place_of, seeded
from conformance.faults.keras.serialization import change_arguments


@seeded("refusals")
def negative_units_made_positive(tf: Any) -> None:
    """Dense takes a negative number of units for a positive one."""

    @in_place_of(tf.keras.layers.Dense, "__init__", signed=True)
    def wrong(right: Any, self: Any, units: Any, *args: Any, **kwargs: Any) -> None:
        right(self, abs(units) if isinstance(units, int) else units, *args, **kwargs)


@seeded("refusals")
def units_rounded_down(tf: Any) -> None:
    """SimpleRNN takes fractional units and rounds them."""

    @in_place_of(tf.keras.layers.SimpleRNN, "__init__", signed=True)
    def wrong(right: Any, self: Any, units: Any, *args: Any, **kwargs: Any) -> None:
        right(self, int(units) if isinstance(units, float) else units, *args, **kwargs)


@seeded("refusals")
def unknown_activations_are_linear(tf: Any) -> None:
    """An activation that nobody knows is taken for none."""
    _forgive(tf, "activations", tf.keras.activations.linear)


@seeded("refusals")
def unknown_constraints_are_none(tf: Any) -> None:
    """A constraint that nobody knows is taken for none."""
    _forgive(tf, "constraints", None)


def _forgive(tf: Any, kind: str, instead: Any) -> None:
    module = getattr(sys.modules[tf.keras.layers.SimpleRNNCell.__module__], kind)
    right = module.get

    def wrong(identifier: Any) -> Any:
        try:
            return right(identifier)
        except ValueError:
            return instead

    module.get = wrong


@seeded("refusals")
def unknown_arguments_are_dropped(tf: Any) -> None:
    """Dense takes arguments that it does not have."""
    dense = tf.keras.layers.Dense
    known = {*inspect.signature(dense.__init__).parameters, "name", "dtype", "trainable"}

    def keep_known(arguments: dict[str, Any]) -> None:
        for name in set(arguments) - known:
            del arguments[name]

    change_arguments(dense, keep_known)


@seeded("refusals")
def a_missing_axis_is_added(tf: Any) -> None:
    """SimpleRNN takes inputs of two axes for a single sample."""

    @in_place_of(tf.keras.layers.SimpleRNN, "__call__")
    def wrong(right: Any, self: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        if len(inputs.shape) == 2:
            inputs = tf.expand_dims(inputs, 0)
        return right(self, inputs, *args, **kwargs)


@seeded("refusals")
def features_are_not_checked(tf: Any) -> None:
    """Dense forgets how many features it was built for."""

    @in_place_of(tf.keras.layers.Dense, "build", signed=True)
    def wrong(right: Any, self: Any, input_shape: Any) -> None:
        right(self, input_shape)
        self.input_spec = None


@seeded("refusals")
def dropout_is_read_from_text(tf: Any) -> None:
    """SimpleRNN takes a dropout in text for a number, or for none."""

    def read(arguments: dict[str, Any]) -> None:
        for name in ("dropout", "recurrent_dropout"):
            if isinstance(arguments.get(name), str):
                arguments[name] = 0.5 if "5" in arguments[name] else 0.0

    change_arguments(tf.keras.layers.SimpleRNN, read)


@seeded("refusals")
def a_second_state_is_ignored(tf: Any) -> None:
    """SimpleRNN takes the first of several initial states."""

    @in_place_of(tf.keras.layers.SimpleRNN, "__call__")
    def wrong(right: Any, self: Any, inputs: Any, initial_state: Any = None, **kwargs: Any) -> Any:
        if isinstance(initial_state, (list, tuple)):
            initial_state = initial_state[0] if initial_state else None
        return right(self, inputs, initial_state=initial_state, **kwargs)


@seeded("refusals")
def masks_are_cut(tf: Any) -> None:
    """A mask of more steps than there are is cut to their number."""

    @in_place_of(tf.keras.layers.SimpleRNN, "__call__")
    def wrong(right: Any, self: Any, inputs: Any, mask: Any = None, **kwargs: Any) -> Any:
        if mask is not None and len(mask.shape) == 2:
            mask = mask[:, : inputs.shape[1]]
        return right(self, inputs, mask=mask, **kwargs)


@seeded("refusals")
def weights_are_made_to_fit(tf: Any) -> None:
    """set_weights() repeats or cuts what does not fit."""
    import numpy as np

    for layer in (tf.keras.layers.SimpleRNN, tf.keras.layers.Dense):

        @in_place_of(layer, "set_weights")
        def wrong(right: Any, self: Any, weights: Any) -> None:
            shapes = [weight.shape for weight in self.get_weights()]
            right(self, [np.resize(w, shape) for w, shape in zip(weights, shapes)] or weights)


@seeded("refusals")
def an_unknown_time_is_looped(tf: Any) -> None:
    """Where the number of steps is unknown, unroll is ignored."""

    @in_place_of(tf.keras.layers.SimpleRNN, "call", signed=True)
    def wrong(right: Any, self: Any, sequences: Any, *args: Any, **kwargs: Any) -> Any:
        if sequences.shape[1] is None:
            self.unroll = False
        return right(self, sequences, *args, **kwargs)


@seeded("refusals")
def no_state_for_unknown_samples(tf: Any) -> None:
    """A stateful layer that does not know its number of samples keeps no state."""

    @in_place_of(tf.keras.layers.SimpleRNN, "build", signed=True)
    def wrong(right: Any, self: Any, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        if sequences_shape[0] is None:
            self.stateful = False
        right(self, sequences_shape)


@seeded("refusals")
def errors_say_nothing(tf: Any) -> None:
    """Wrong weights are refused with an error that has no message."""
    for layer in (tf.keras.layers.SimpleRNN, tf.keras.layers.Dense):

        @in_place_of(layer, "set_weights")
        def wrong(right: Any, self: Any, weights: Any) -> None:
            try:
                right(self, weights)
            except ValueError:
                raise ValueError from None
