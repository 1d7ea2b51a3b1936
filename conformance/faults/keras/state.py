"""Faults of states: the initial one, one that is given, returned, or reset."""

from __future__ import annotations

from conformance.faults.keras.patching import after_call, before_call, overriding
from conformance.implementations.keras.network import reset_state


@overriding("layers.RNN.get_initial_state")
def initial_state_is_one(tf, right, *args, **kwargs):
    return tf.nest.map_structure(tf.ones_like, right(*args, **kwargs))


@before_call("state")
def given_state_is_ignored_when_unrolled(tf, layer, arguments):
    """Unrolled, an initial state that is given is taken for zero."""
    if layer.unroll and arguments["initial_state"] is not None:
        given = tf.nest.flatten(arguments["initial_state"])
        arguments["initial_state"] = [0 * tf.convert_to_tensor(state) for state in given]


@after_call()
def returned_state_off_in_one_unit(tf, layer, results):
    if len(results) > 1:
        state = results[1]
        results[1] = tf.concat([state[:, :-1], state[:, -1:] + 1e-5], axis=1)
    return results


@after_call()
def returned_state_is_the_last_output(tf, layer, results):
    if len(results) > 1 and not getattr(layer, "time_major", False):
        results[1] = results[0][:, -1] if layer.return_sequences else results[0]
    return results


@overriding(("layers.RNN.reset_state", "layers.RNN.reset_states"))
def reset_is_ignored(tf, right, layer, states=None):
    pass


@overriding("Model.predict", "state")
def predict_resets_the_state(tf, right, model, *args, **kwargs):
    """A stateful layer is reset by predict before it begins."""
    for layer in model.layers:
        if getattr(layer, "stateful", False):
            reset_state(layer)
    return right(model, *args, **kwargs)
