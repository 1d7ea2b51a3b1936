"""Serialization: models of any configuration, and what comes back of them."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

import numpy as np

from conformance.implementations.capabilities import Capability
from strategies.serialization import Configuration


class Seen(NamedTuple):
    """Everything that can be seen of a model of SimpleRNN and Dense.

    ``arguments`` has for each layer what it says of itself when its attributes are asked, and
    ``configured`` the same from ``get_config()``; both are None for what is no model any more.
    ``outputs`` are of a first call, ``again`` of a second one, which differ where there is a state;
    ``masked`` of SimpleRNN alone, called with a mask, and ``training`` of a call in training mode,
    where these were asked for. ``penalties`` are what is added to a loss.
    """

    outputs: list[np.ndarray]
    again: list[np.ndarray]
    layers: tuple[str, ...] = ()
    arguments: Optional[dict[str, dict[str, Any]]] = None
    configured: Optional[dict[str, dict[str, Any]]] = None
    names: tuple[str, ...] = ()
    weights: tuple[np.ndarray, ...] = ()
    trainable: tuple[str, ...] = ()
    constraints: tuple[Any, ...] = ()
    penalties: tuple[float, ...] = ()
    masked: tuple[np.ndarray, ...] = ()
    training: tuple[np.ndarray, ...] = ()


class Serialization(Capability):
    """SimpleRNN and Dense of any configuration can be built, saved and loaded."""

    word = "serialization"

    def layer_arguments(self) -> dict[str, tuple[str, ...]]:
        """The arguments that the constructors take, by layer."""
        raise NotImplementedError

    def seen_of(
        self, configuration: Configuration, *, fresh: bool = False, full: bool = False
    ) -> Seen:
        """What can be seen of a new model.

        It has weights of the configuration's own, or with ``fresh`` its initial ones. With
        ``full`` it is called with a mask and in training mode too.
        """
        raise NotImplementedError

    def round_trip(self, configuration: Configuration, way: str) -> tuple[Seen, list[Seen]]:
        """A model, and what came back from saving it on a way."""
        raise NotImplementedError


class Pickling(Capability):
    """`Serialization.round_trip` has the ways "pickle" and "deepcopy"."""

    word = "pickling"
