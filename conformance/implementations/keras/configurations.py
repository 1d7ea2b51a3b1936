"""Keras's SimpleRNN and Dense of any configuration: how they are built, asked and looked at.

Written against the module that is passed in: ``tf.keras``, ``tf_keras``, or ``keras``.
"""

from __future__ import annotations

import inspect
from typing import Any, Optional, Sequence

import numpy as np

from conformance.implementations.capabilities.serialization import Seen
from conformance.implementations.keras.adapter import as_array, as_tensor
from conformance.implementations.keras.choices import chosen
from conformance.implementations.keras.layers import dense, layer_class, recurrent
from conformance.implementations.keras.network import is_keras_2
from strategies.choices import Choice
from strategies.serialization import ARGUMENTS, Configuration

#: Arguments that end so have objects for values.
_CHOSEN = ("initializer", "regularizer", "constraint")
#: Accepted by a base class, so that no signature of SimpleRNN's or Dense's own has them.
_OF_EVERY_LAYER = ("trainable", "dtype", "name")


def known_arguments(keras: Any) -> dict[str, tuple[str, ...]]:
    """Those of `ARGUMENTS` that the constructors of this version take."""
    found = {}
    for layer, names in ARGUMENTS.items():
        taken = {
            *inspect.signature(layer_class(keras, layer).__init__).parameters,
            *_OF_EVERY_LAYER,
        }
        if layer == "simple_rnn":
            taken |= {"zero_output_for_mask"} | ({"time_major"} if is_keras_2(keras) else set())
        found[layer] = tuple(name for name in names if name in taken)
    return found


def new_layers(keras: Any, configuration: Configuration) -> tuple[Any, Any]:
    """A new SimpleRNN and a new Dense of the configuration."""
    keras.backend.set_floatx("float32")  # the default dtype of Keras 2
    given = {layer: _objects(keras, configuration.given(layer)) for layer in ARGUMENTS}
    return recurrent(keras, "simple_rnn", **given["simple_rnn"]), dense(keras, **given["dense"])


def _objects(keras: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    return {
        name: chosen(keras, name, value) if isinstance(value, Choice) else value
        for name, value in arguments.items()
    }


def new_model(keras: Any, configuration: Configuration, layers: Sequence[Any]) -> Any:
    """A model of these layers, with inputs as the configuration has them."""
    keras.backend.set_floatx("float32")
    rnn, readout = layers
    meant = configuration.meant("simple_rnn")
    # Keras 2 takes the axes as they are; with a state the number of samples must be known.
    samples = configuration.N if meant["stateful"] else None
    time = configuration.T if configuration.static_time else None
    shape = (time, samples) if meant["time_major"] else (samples, time)
    inputs = keras.Input(batch_shape=(*shape, configuration.D), dtype="float32")
    if configuration.sequential:
        return keras.Sequential([inputs, rnn, readout])
    hidden = rnn(inputs)
    if not meant["return_state"]:
        return keras.Model(inputs, readout(hidden))
    return keras.Model(inputs, [readout(hidden[0]), *hidden[1:]])


def with_weights(model: Any, configuration: Configuration) -> Any:
    """The model, with weights of the configuration's own."""
    shapes = [tuple(weight.shape) for weight in model.weights]
    model.set_weights(configuration.weights(shapes))
    return model


def layers_of(model: Any) -> list[Any]:
    """SimpleRNN and Dense, as the model has them."""
    return [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]


def seen(keras: Any, model: Any, configuration: Configuration, *, full: bool = False) -> Seen:
    """What can be seen of a model, beginning with a state of zeros.

    With ``full`` it is called in training mode too, and SimpleRNN alone with a mask.
    """
    keras.backend.set_floatx("float32")
    layers, inputs = layers_of(model), as_tensor(keras, configuration.inputs)
    rnn = layers[0]

    def called(layer: Any, *, reset: bool, **options: Any) -> list[np.ndarray]:
        if reset and rnn.stateful:
            rnn.reset_states()
        result = layer(inputs, **options)
        listed = result if isinstance(result, (list, tuple)) else [result]
        return [as_array(keras, one) for one in listed]

    outputs = called(model, reset=True, training=False)
    penalties = tuple(float(penalty) for penalty in model.losses)
    again = called(model, reset=False, training=False)
    more = {}
    if full:
        mask = as_tensor(keras, configuration.mask)
        more["masked"] = tuple(called(rnn, reset=True, mask=mask, training=False))
        more["training"] = tuple(called(model, reset=True, training=True))
    return Seen(
        outputs=outputs,
        again=again,
        layers=tuple(layer.name for layer in layers),
        arguments=_of_layers(layers, configuration, attribute),
        configured=_of_layers(layers, configuration, in_config),
        names=tuple(_short_name(weight) for weight in model.weights),
        weights=tuple(model.get_weights()),
        trainable=tuple(_short_name(weight) for weight in model.trainable_weights),
        constraints=tuple(_constraint(weight) for weight in model.weights),
        penalties=penalties,
        **more,
    )


def _short_name(weight: Any) -> str:
    # Keras 2 says "simple_rnn/simple_rnn_cell/kernel:0", with a number that is the process's own.
    return str(weight.name.split("/")[-1].split(":")[0])


def _constraint(weight: Any) -> Optional[str]:
    constraint = getattr(weight, "constraint", None)
    return None if constraint is None else type(constraint).__name__


# What a layer says of itself


def _of_layers(layers: Sequence[Any], configuration: Configuration, ask: Any) -> Any:
    return {
        name: {
            argument: ask(layer, argument, configuration.meant(name)[argument])
            for argument in known_arguments_of(layer, name)
        }
        for name, layer in zip(ARGUMENTS, layers)
    }


def known_arguments_of(layer: Any, name: str) -> list[str]:
    """The arguments that this layer's version takes; ``seed`` and ``time_major`` are of some."""
    parameters = inspect.signature(type(layer).__init__).parameters
    some = {"seed": "seed" in parameters, "time_major": hasattr(layer, "time_major")}
    return [argument for argument in ARGUMENTS[name] if some.get(argument, True)]


def attribute(layer: Any, argument: str, meant: Any) -> Any:
    """What a layer has for an argument, as a plain value.

    Of an object, the arguments that ``meant`` names are asked.
    """
    if argument == "dtype":
        return layer.dtype_policy.name
    owner = layer if hasattr(layer, argument) else getattr(layer, "cell", layer)
    value = getattr(owner, argument, None)
    if argument == "activation":
        return "linear" if value is None else value.__name__
    if argument.rpartition("_")[2] not in _CHOSEN or value is None:
        return value
    asked = meant.arguments if isinstance(meant, Choice) else ()
    return Choice(
        _class_name(type(value).__name__),
        tuple((name, _plain(_attribute_of(value, name))) for name, _ in asked),
    )


def _class_name(name: str) -> str:
    # Keras 3.0 to 3.3 says OrthogonalInitializer, which it also knows as Orthogonal.
    return name[: -len("Initializer")] if name.endswith("Initializer") else name


def _attribute_of(value: Any, name: str) -> Any:
    # Keras 3 keeps the seed of an initializer as it was given under another name.
    private = f"_init_{name}"
    return getattr(value, private) if hasattr(value, private) else getattr(value, name, None)


def in_config(layer: Any, argument: str, meant: Any) -> Any:
    """What ``get_config()`` has for an argument, as a plain value."""
    # Keras 2 leaves out that masked outputs are not zero.
    config = layer.get_config()
    value = config.get(argument, False if argument == "zero_output_for_mask" else None)
    if argument == "dtype":
        return value["config"]["name"] if isinstance(value, dict) else value
    if not isinstance(value, dict):
        return value
    asked = meant.arguments if isinstance(meant, Choice) else ()
    parts = value["config"]
    if isinstance(parts, str):  # a function
        return parts
    pairs = tuple((name, _plain(parts.get(name))) for name, _ in asked)
    return Choice(_class_name(value["class_name"]), pairs)


def _plain(value: Any) -> Any:
    """A number that is kept as an array or a NumPy scalar, as Python's."""
    return value.item() if isinstance(value, (np.generic, np.ndarray)) else value
