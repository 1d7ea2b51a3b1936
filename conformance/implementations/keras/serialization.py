"""Ways that a Keras model can go and come back: configurations, files, and Python's own.

Each of `WAYS` takes a model and gives another one. What carries no weights is given those of the
first.
"""

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
            returned = WAYS[way](keras, model, configuration, Path(folder))
            before = seen(keras, model, configuration)
            return before, [seen(keras, one, configuration) for one in returned]


class KerasPickling(KerasCapability, Pickling):
    """Where there is serialization; before Keras 3.3 its models cannot be pickled."""

    backends = KerasSerialization.backends

    @classmethod
    def supports(cls, adapter: KerasAdapter) -> bool:
        before = adapter.versions().get("keras", "2").startswith(("3.0.", "3.1.", "3.2."))
        return super().supports(adapter) and not before


def _with_the_weights_of(model: Any, others: list[Any]) -> list[Any]:
    for other in others:
        other.set_weights(model.get_weights())
    return others


def _from_config(keras: Any, model: Any, configuration: Configuration, folder: Path) -> list[Any]:
    layers = [type(layer).from_config(layer.get_config()) for layer in layers_of(model)]
    return _with_the_weights_of(model, [new_model(keras, configuration, layers)])


def _serialize(keras: Any, model: Any, configuration: Configuration, folder: Path) -> list[Any]:
    written = [keras.layers.serialize(layer) for layer in layers_of(model)]
    layers = [keras.layers.deserialize(one) for one in written]
    return _with_the_weights_of(model, [new_model(keras, configuration, layers)])


def _model_config(keras: Any, model: Any, configuration: Configuration, folder: Path) -> list[Any]:
    return _with_the_weights_of(model, [type(model).from_config(model.get_config())])


def _clone(keras: Any, model: Any, configuration: Configuration, folder: Path) -> list[Any]:
    return _with_the_weights_of(model, [keras.models.clone_model(model)])


def _json(keras: Any, model: Any, configuration: Configuration, folder: Path) -> list[Any]:
    return _with_the_weights_of(model, [keras.models.model_from_json(model.to_json())])


def _keras_file(keras: Any, model: Any, configuration: Configuration, folder: Path) -> list[Any]:
    return [_saved_and_loaded(keras, model, folder / "model.keras")]


def _h5_file(keras: Any, model: Any, configuration: Configuration, folder: Path) -> list[Any]:
    return [_saved_and_loaded(keras, model, folder / "model.h5")]


def _saved_and_loaded(keras: Any, model: Any, path: Path) -> Any:
    model.save(str(path))
    return keras.models.load_model(str(path))


def _weights(keras: Any, model: Any, configuration: Configuration, folder: Path) -> list[Any]:
    """``.weights.h5``, and in Keras 2 any other name too: a checkpoint of TensorFlow's."""
    returned = []
    for name in ("model.weights.h5", *(("checkpoint",) if is_keras_2(keras) else ())):
        other = new_model(keras, configuration, new_layers(keras, configuration))
        model.save_weights(str(folder / name))
        other.load_weights(str(folder / name))
        returned.append(other)
    return returned


def _saved_model(keras: Any, model: Any, configuration: Configuration, folder: Path) -> list[Any]:
    """The folder that TensorFlow serves, loaded by Keras 2."""
    model.save(str(folder / "saved"), save_format="tf")
    return [keras.models.load_model(str(folder / "saved"))]


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


def _pickle(keras: Any, model: Any, configuration: Configuration, folder: Path) -> list[Any]:
    return [pickle.loads(pickle.dumps(model))]


def _deepcopy(keras: Any, model: Any, configuration: Configuration, folder: Path) -> list[Any]:
    return [copy.deepcopy(model)]


WAYS: dict[str, Callable[[Any, Any, Configuration, Path], list[Any]]] = {
    "from_config": _from_config,
    "serialize": _serialize,
    "model config": _model_config,
    "clone_model": _clone,
    "json": _json,
    ".keras": _keras_file,
    ".h5": _h5_file,
    "weights": _weights,
    "SavedModel": _saved_model,
    "pickle": _pickle,
    "deepcopy": _deepcopy,
}
