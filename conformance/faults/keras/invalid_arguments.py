"""Faults of checks: what should be refused is taken, or refused without a word."""

from __future__ import annotations

import inspect
import sys

import numpy as np

from conformance.faults.keras.patching import arguments_of, overriding, seeded

SET_WEIGHTS = ("layers.SimpleRNN.set_weights", "layers.Dense.set_weights")


@overriding("layers.Dense.__init__", "refusals")
def negative_units_made_positive(tf, right, dense, units, *args, **kwargs):
    """Dense takes a negative number of units for a positive one."""
    right(dense, abs(units) if isinstance(units, int) else units, *args, **kwargs)


@overriding("layers.SimpleRNN.__init__", "refusals")
def units_rounded_down(tf, right, layer, units, *args, **kwargs):
    """SimpleRNN takes fractional units and rounds them."""
    right(layer, int(units) if isinstance(units, float) else units, *args, **kwargs)


@seeded("refusals")
def unknown_activations_are_linear(tf):
    """An activation that nobody knows is taken for none."""
    _forgive(tf, "activations", tf.keras.activations.linear)


@seeded("refusals")
def unknown_constraints_are_none(tf):
    """A constraint that nobody knows is taken for none."""
    _forgive(tf, "constraints", None)


def _forgive(tf, kind, instead):
    module = getattr(sys.modules[tf.keras.layers.SimpleRNNCell.__module__], kind)
    right = module.get

    def wrong(identifier):
        try:
            return right(identifier)
        except ValueError:
            return instead

    module.get = wrong


@overriding("layers.Dense.__init__", "refusals")
def unknown_arguments_are_dropped(tf, right, dense, *args, **kwargs):
    """Dense takes arguments that it does not have."""
    known = {*inspect.signature(right).parameters, "name", "dtype", "trainable"}
    right(dense, *args, **{name: kwargs[name] for name in kwargs if name in known})


@overriding("layers.SimpleRNN.__call__", "refusals")
def a_missing_axis_is_added(tf, right, layer, inputs, *args, **kwargs):
    """SimpleRNN takes inputs of two axes for a single sample."""
    if len(inputs.shape) == 2:
        inputs = tf.expand_dims(inputs, 0)
    return right(layer, inputs, *args, **kwargs)


@overriding("layers.Dense.build", "refusals")
def features_are_not_checked(tf, right, dense, input_shape):
    """Dense forgets how many features it was built for."""
    right(dense, input_shape)
    dense.input_spec = None


@arguments_of("layers.SimpleRNN.__init__", "refusals")
def dropout_is_read_from_text(arguments):
    """SimpleRNN takes a dropout in text for a number, or for none."""
    for name in ("dropout", "recurrent_dropout"):
        if isinstance(arguments.get(name), str):
            arguments[name] = 0.5 if "5" in arguments[name] else 0.0


@arguments_of("layers.SimpleRNN.__call__", "refusals")
def a_second_state_is_ignored(arguments):
    """SimpleRNN takes the first of several initial states."""
    states = arguments.get("initial_state")
    if isinstance(states, (list, tuple)):
        arguments["initial_state"] = states[0] if states else None


@overriding("layers.SimpleRNN.__call__", "refusals")
def masks_are_cut(tf, right, layer, inputs, mask=None, **kwargs):
    """A mask of more steps than there are is cut to their number."""
    if mask is not None and len(mask.shape) == 2:
        mask = mask[:, : inputs.shape[1]]
    return right(layer, inputs, mask=mask, **kwargs)


@overriding(SET_WEIGHTS, "refusals")
def weights_are_made_to_fit(tf, right, layer, weights):
    """set_weights() repeats or cuts what does not fit."""
    shapes = [weight.shape for weight in layer.get_weights()]
    right(layer, [np.resize(w, shape) for w, shape in zip(weights, shapes)] or weights)


@overriding(SET_WEIGHTS, "refusals")
def errors_say_nothing(tf, right, layer, weights):
    """Wrong weights are refused with an error that has no message."""
    try:
        right(layer, weights)
    except ValueError:
        raise ValueError from None


@overriding("layers.SimpleRNN.call", "refusals")
def an_unknown_time_is_looped(tf, right, layer, sequences, *args, **kwargs):
    """Where the number of steps is unknown, unroll is ignored."""
    if sequences.shape[1] is None:
        layer.unroll = False
    return right(layer, sequences, *args, **kwargs)


@overriding("layers.SimpleRNN.build", "refusals")
def no_state_for_unknown_samples(tf, right, layer, sequences_shape, initial_state_shape=None):
    """A stateful layer that does not know its number of samples keeps no state."""
    if sequences_shape[0] is None:
        layer.stateful = False
    right(layer, sequences_shape)
