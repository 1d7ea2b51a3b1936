"""Masks (N, T): True where a step is used."""

from __future__ import annotations

from typing import Callable

import numpy as np


def none(rng: np.random.Generator, N: int, T: int) -> np.ndarray:
    """Every step is used."""
    return np.ones((N, T), bool)


def right_padded(rng: np.random.Generator, N: int, T: int) -> np.ndarray:
    """Each sample ends early, at a step of its own."""
    return np.arange(T) < rng.integers(1, T + 1, (N, 1))


def left_padded(rng: np.random.Generator, N: int, T: int) -> np.ndarray:
    """Each sample begins late, at a step of its own."""
    return right_padded(rng, N, T)[:, ::-1]


def holes(rng: np.random.Generator, N: int, T: int) -> np.ndarray:
    """Each step is used or not, by chance."""
    return rng.random((N, T)) < 0.6


def one_sample(rng: np.random.Generator, N: int, T: int) -> np.ndarray:
    """One sample is masked throughout, the others have holes."""
    mask = holes(rng, N, T)
    mask[rng.integers(N)] = False
    return mask


def everything(rng: np.random.Generator, N: int, T: int) -> np.ndarray:
    """No step of any sample is used."""
    return np.zeros((N, T), bool)


def first_step(rng: np.random.Generator, N: int, T: int) -> np.ndarray:
    """The first step of every sample is masked, and no other."""
    mask = none(rng, N, T)
    mask[:, 0] = False
    return mask


Kind = Callable[[np.random.Generator, int, int], np.ndarray]

#: Every kind of mask by name.
MASKS: dict[str, Kind] = {
    kind.__name__: kind
    for kind in (none, right_padded, left_padded, holes, one_sample, everything, first_step)
}
