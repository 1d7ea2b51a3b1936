"""What Keras is asked that it should refuse, and what came of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.implementations.capabilities.invalid_arguments import InvalidArguments, Outcome
from conformance.implementations.keras import layers
from conformance.implementations.keras.adapter import KerasCapability, as_tensor
from strategies.invalid_arguments import Wrong


class KerasInvalidArguments(KerasCapability, InvalidArguments):
    """On TensorFlow, for which the errors are specified."""

    backends = ("tensorflow",)

    def outcome_of(self, wrong: Wrong) -> Outcome:
        """The error that was raised, wherever that was, or the shapes of what was computed."""
        keras = self.adapter.library()
        keras.backend.set_floatx("float32")
        try:
            result = _asked(keras, wrong)
        except Exception as error:  # whatever it is: the property says what it should be
            kinds = tuple(kind.__name__ for kind in type(error).__mro__)
            return Outcome(kinds, str(error).strip())
        listed = result if isinstance(result, (list, tuple)) else [result]
        return Outcome(shapes=tuple(tuple(one.shape) for one in listed))


def _asked(keras: Any, wrong: Wrong) -> Any:
    options = {}
    layer = layers.layer_class(keras, wrong.layer)(**dict(wrong.arguments))
    if wrong.first is not None:
        layer(_ones(keras, wrong.first))
    if wrong.weights is not None:
        layer.set_weights([np.ones(shape) for shape in wrong.weights])
    if wrong.states is not None:
        states = [_ones(keras, shape) for shape in wrong.states]
        options["initial_state"] = states[0] if len(states) == 1 else states
    if wrong.mask is not None:
        options["mask"] = as_tensor(keras, np.ones(wrong.mask, bool))
    if not wrong.unknown:
        return layer(_ones(keras, wrong.inputs), **options)
    return _in_a_graph(keras, layer, wrong)


def _ones(keras: Any, shape: tuple[int, ...]) -> Any:
    return as_tensor(keras, np.ones(shape, "float32"))


def _in_a_graph(keras: Any, layer: Any, wrong: Wrong) -> Any:
    """What a model returns in a graph in which one axis has any length."""
    import tensorflow as tf

    axis = ("samples", "time steps").index(wrong.unknown)
    shape = tuple(None if i == axis else n for i, n in enumerate(wrong.inputs))
    inputs = keras.Input(batch_shape=shape)
    model = keras.Model(inputs, layer(inputs))
    graph = tf.function(model, input_signature=[tf.TensorSpec(shape, "float32")])
    return graph(_ones(keras, wrong.inputs))
