"""Keras's SimpleRNN and Dense of any configuration: how they are built, asked and looked at.

Written against the module that is passed in: ``tf.keras``, ``tf_keras``, or ``keras``.
"""

from __future__ import annotations

import inspect
from typing import Any, Optional, Sequence

import numpy as np

from conformance.implementations.answers import Seen
from conformance.implementations.keras.network import is_keras_2
from strategies.serialization import ARGUMENTS, Configuration, Named

#: Where a class is found by its name, for arguments whose values are objects.
_MODULES = {
    "initializer": "initializers",
    "regularizer": "regularizers",
    "constraint": "constraints",
}
#: Accepted by a base class, so that no signature of SimpleRNN's or Dense's own has them.
_OF_EVERY_LAYER = ("trainable", "dtype", "name")


def set_default_dtype(keras: Any) -> None:
    """Make float32 the default dtype of Keras 3, which else is that of a process's first layer."""
    if not is_keras_2(keras):
        keras.mixed_precision.set_global_policy("float32")


def known_arguments(keras: Any) -> dict[str, tuple[str, ...]]:
    """Those of `ARGUMENTS` that the constructors of this version take."""
    classes = {"simple_rnn": keras.layers.SimpleRNN, "dense": keras.layers.Dense}
    found = {}
    for layer, names in ARGUMENTS.items():
        taken = {*inspect.signature(classes[layer].__init__).parameters, *_OF_EVERY_LAYER}
        if layer == "simple_rnn":
            taken |= {"zero_output_for_mask"} | ({"time_major"} if is_keras_2(keras) else set())
        found[layer] = tuple(name for name in names if name in taken)
    return found


def new_layers(keras: Any, configuration: Configuration) -> tuple[Any, Any]:
    """A new SimpleRNN and a new Dense of the configuration."""
    keras.backend.set_floatx("float32")  # the default dtype of Keras 2
    rnn = _given(keras, configuration.given("simple_rnn"))
    dense = _given(keras, configuration.given("dense"))
    return keras.layers.SimpleRNN(**rnn), keras.layers.Dense(**dense)


def _given(keras: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _class_of(keras, name, value.name)(**dict(value.arguments))
        if isinstance(value, Named)
        else value
        for name, value in arguments.items()
    }


def _class_of(keras: Any, argument: str, name: str) -> Any:
    module = getattr(keras, _MODULES[argument.rpartition("_")[2]])
    return getattr(module, name, None) or getattr(module, f"{name}Initializer")


def new_model(keras: Any, configuration: Configuration, layers: Sequence[Any]) -> Any:
    """A model of these layers, with inputs as the configuration has them."""
    keras.backend.set_floatx("float32")
    rnn, dense = layers
    meant = configuration.meant("simple_rnn")
    # Keras 2 takes the axes as they are; with a state the number of samples must be known.
    samples = configuration.N if meant["stateful"] else None
    time = configuration.T if configuration.static_time else None
    shape = (time, samples) if meant["time_major"] else (samples, time)
    inputs = keras.Input(batch_shape=(*shape, configuration.D), dtype="float32")
    if configuration.sequential:
        return keras.Sequential([inputs, rnn, dense])
    hidden = rnn(inputs)
    if not meant["return_state"]:
        return keras.Model(inputs, dense(hidden))
    return keras.Model(inputs, [dense(hidden[0]), *hidden[1:]])


def with_weights(model: Any, configuration: Configuration) -> Any:
    """The model, with weights of the configuration's own."""
    shapes = [tuple(weight.shape) for weight in model.weights]
    model.set_weights(configuration.weights(shapes))
    return model


def layers_of(model: Any) -> list[Any]:
    """SimpleRNN and Dense, as the model has them."""
    return [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]


def seen_of(
    keras: Any, configuration: Configuration, *, fresh: bool = False, full: bool = False
) -> Seen:
    """What can be seen of a new model; `seen` says what ``full`` is.

    It has weights of the configuration's own, or with ``fresh`` its initial ones.
    """
    model = new_model(keras, configuration, new_layers(keras, configuration))
    if not fresh:
        with_weights(model, configuration)
    return seen(keras, model, configuration, full=full)


def seen(keras: Any, model: Any, configuration: Configuration, *, full: bool = False) -> Seen:
    """What can be seen of a model, beginning with a state of zeros.

    With ``full`` it is called in training mode too, and SimpleRNN alone with a mask.
    """
    keras.backend.set_floatx("float32")
    layers, inputs = layers_of(model), tensor(keras, configuration.inputs)
    rnn = layers[0]

    def called(layer: Any, *, reset: bool, **options: Any) -> list[np.ndarray]:
        if reset and rnn.stateful:
            rnn.reset_states()
        result = layer(inputs, **options)
        listed = result if isinstance(result, (list, tuple)) else [result]
        return [_array(keras, one) for one in listed]

    outputs = called(model, reset=True, training=False)
    penalties = tuple(float(penalty) for penalty in model.losses)
    again = called(model, reset=False, training=False)
    more = {}
    if full:
        mask = tensor(keras, configuration.mask)
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


def tensor(keras: Any, array: np.ndarray) -> Any:
    """A tensor of the backend's."""
    return (
        keras.backend.constant(array, dtype=str(array.dtype))
        if is_keras_2(keras)
        else keras.ops.convert_to_tensor(array)
    )


def _array(keras: Any, value: Any) -> np.ndarray:
    convert = np.asarray if is_keras_2(keras) else keras.ops.convert_to_numpy
    array: np.ndarray = convert(value)
    return array


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
    if argument.rpartition("_")[2] not in _MODULES or value is None:
        return value
    asked = meant.arguments if isinstance(meant, Named) else ()
    return Named(
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
    asked = meant.arguments if isinstance(meant, Named) else ()
    parts = value["config"]
    if isinstance(parts, str):  # a function
        return parts
    pairs = tuple((name, _plain(parts.get(name))) for name, _ in asked)
    return Named(_class_name(value["class_name"]), pairs)


def _plain(value: Any) -> Any:
    """A number that is kept as an array or a NumPy scalar, as Python's."""
    return value.item() if isinstance(value, (np.generic, np.ndarray)) else value
