"""Things under test, one file each. `protocol` says what they must be able to do."""

from __future__ import annotations

from typing import Callable

from conformance.implementations.keras.backends import BACKENDS, keras_in_use, keras_on
from conformance.implementations.keras.tensorflow import LegacyKeras
from conformance.implementations.numpy_loop import NumpyLoop
from conformance.implementations.onnx_exported import KerasOnnx
from conformance.implementations.onnx_rnn import OnnxReference, OnnxRuntime
from conformance.implementations.own import load_own
from conformance.implementations.protocol import Implementation, ImplementationError
from conformance.implementations.tensorflow_exports import LiteRT, SavedModel
from conformance.implementations.torch_rnn import TorchRNN

#: What is known by name. ``keras`` is Keras on the backend that the user has configured.
IMPLEMENTATIONS: dict[str, Callable[[], Implementation]] = {
    "keras": keras_in_use,
    **{f"keras:{b}": lambda b=b: keras_on(b) for b in ("tensorflow", *BACKENDS)},  # type: ignore[misc]
    "tf_keras": LegacyKeras,
    "savedmodel": SavedModel,
    "litert": LiteRT,
    "keras-onnx": KerasOnnx,
    "onnxruntime": OnnxRuntime,
    "onnx-reference": OnnxReference,
    "torch": TorchRNN,
    "numpy": NumpyLoop,
}


def load_implementation(name: str) -> Implementation:
    """The implementation of this name, or the user's own for ``module:object``.

    Raises:
        ImplementationError: the name is unknown (the choices are listed), or the object cannot
            be tested.
    """
    if name in IMPLEMENTATIONS:
        return IMPLEMENTATIONS[name]()
    if name.startswith("keras:"):
        return keras_on(name.partition(":")[2])
    if ":" in name:
        return load_own(name)
    raise ImplementationError(
        f"{name!r} is not an implementation: choose {', '.join(IMPLEMENTATIONS)} or module:object"
    )
