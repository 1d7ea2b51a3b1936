"""What is seen of a layer or model of any configuration: NumPy arrays and plain values only."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

import numpy as np


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


class Outcome(NamedTuple):
    """What came of a question that should be refused.

    ``errors`` are the names of the error's class and of those that it is derived from, empty where
    there was none; ``shapes`` are those of what was computed instead.
    """

    errors: tuple[str, ...] = ()
    message: str = ""
    shapes: tuple[tuple[int, ...], ...] = ()
