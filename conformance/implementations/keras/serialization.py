"""Ways that a Keras model can go and come back: configurations, files, and Python's own."""

from __future__ import annotations

import contextlib
import copy
import io
import pickle
import tempfile
from pathlib import Path
from typing import Any, Callable

from conformance.implementations.capabilities.serialization import Pickling, Seen, Serialization
from conformance.implementations.keras.adapter import KerasAdapter, KerasCapability
from conformance.implementations.keras.configurations import (
    known_arguments,
    layers_of,
    new_layers,
    new_model,
    seen,
    with_weights,
)
from conformance.implementations.keras.network import is_keras_2
from strategies.serialization import Configuration


class KerasSerialization(KerasCapability, Serialization):
    """On TensorFlow, where every way is."""

    backends = ("tensorflow",)

    def layer_arguments(self) -> dict[str, tuple[str, ...]]:
        return known_arguments(self.adapter.library())

    def seen_of(
        self, configuration: Configuration, *, fresh: bool = False, full: bool = False
    ) -> Seen:
        keras = self.adapter.library()
        model = new_model(keras, configuration, new_layers(keras, configuration))
        if not fresh:
            with_weights(model, configuration)
        return seen(keras, model, configuration, full=full)

    def round_trip(self, configuration: Configuration, way: str) -> tuple[Seen, list[Seen]]:
        keras = self.adapter.library()
        model = new_model(keras, configuration, new_layers(keras, configuration))
        with_weights(model, configuration)
        with tempfile.TemporaryDirectory() as folder:
            if way == "SavedModel" and not is_keras_2(keras):
                return _exported(model, configuration, folder)
            returned = _returned(keras, model, configuration, way, Path(folder))
            before = seen(keras, model, configuration)
            return before, [seen(keras, one, configuration) for one in returned]


class KerasPickling(KerasCapability, Pickling):
    """Where there is serialization; before Keras 3.3 its models cannot be pickled."""

    backends = KerasSerialization.backends

    @classmethod
    def supports(cls, adapter: KerasAdapter) -> bool:
        before = adapter.versions().get("keras", "2").startswith(("3.0.", "3.1.", "3.2."))
        return super().supports(adapter) and not before


def _returned(
    keras: Any, model: Any, configuration: Configuration, way: str, folder: Path
) -> list[Any]:
    """What came back, more than one model where there is more than one way of that name."""
    if way in REBUILT:
        other = REBUILT[way](keras, model, configuration)
        other.set_weights(model.get_weights())
        return [other]
    if way in COPIED:
        return [COPIED[way](model)]
    if way == "weights":
        return _weights(keras, model, configuration, folder)
    # A SavedModel is the folder that TensorFlow serves, loaded by Keras 2.
    suffix, options = ("", {"save_format": "tf"}) if way == "SavedModel" else (way, {})
    path = str(folder / f"model{suffix}")
    model.save(path, **options)
    return [keras.models.load_model(path)]


def _weights(keras: Any, model: Any, configuration: Configuration, folder: Path) -> list[Any]:
    """``.weights.h5``, and in Keras 2 any other name too: a checkpoint of TensorFlow's."""
    returned = []
    for name in ("model.weights.h5", *(("checkpoint",) if is_keras_2(keras) else ())):
        other = new_model(keras, configuration, new_layers(keras, configuration))
        model.save_weights(str(folder / name))
        other.load_weights(str(folder / name))
        returned.append(other)
    return returned


def _exported(model: Any, configuration: Configuration, folder: str) -> tuple[Seen, list[Seen]]:
    """The same folder, written by Keras 3: what is left of the model is how it computes.

    The model is seen as a graph too, in which sums may be rounded at other places than in calls.
    """
    import tensorflow as tf

    with contextlib.redirect_stdout(io.StringIO()):  # which Keras 3.0 cannot be told
        model.export(folder)
    loaded = tf.saved_model.load(folder)
    if configuration.meant("simple_rnn")["stateful"]:
        layers_of(model)[0].reset_state()
    signature = [tf.TensorSpec((None, *model.inputs[0].shape[1:]), "float32")]
    graph = tf.function(lambda inputs: model(inputs, training=False), input_signature=signature)
    computed = [_called_twice(f, configuration.inputs) for f in (graph, loaded.serve)]
    before, after = (Seen(outputs, again) for outputs, again in computed)
    return before, [after]


def _called_twice(function: Callable[..., Any], inputs: Any) -> tuple[list[Any], list[Any]]:
    calls = []
    for _ in range(2):
        result = function(inputs)
        listed = result if isinstance(result, (list, tuple)) else [result]
        calls.append([one.numpy() for one in listed])
    return calls[0], calls[1]


def _from_config(keras: Any, model: Any, configuration: Configuration) -> Any:
    layers = [type(layer).from_config(layer.get_config()) for layer in layers_of(model)]
    return new_model(keras, configuration, layers)


def _serialize(keras: Any, model: Any, configuration: Configuration) -> Any:
    written = [keras.layers.serialize(layer) for layer in layers_of(model)]
    return new_model(keras, configuration, [keras.layers.deserialize(one) for one in written])


#: What carries no weights: the new model is given those of the first.
REBUILT: dict[str, Callable[[Any, Any, Configuration], Any]] = {
    "from_config": _from_config,
    "serialize": _serialize,
    "model config": lambda keras, model, _: type(model).from_config(model.get_config()),
    "clone_model": lambda keras, model, _: keras.models.clone_model(model),
    "json": lambda keras, model, _: keras.models.model_from_json(model.to_json()),
}
#: Python's own.
COPIED: dict[str, Callable[[Any], Any]] = {
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "deepcopy": copy.deepcopy,
}
