"""What each named initializer is documented to give: fixed entries, or a distribution.

Keras's documentation of ``keras.initializers``; the fans of a matrix (n, m) are n and m, and those
of a bias (m,) are both m. Glorot and Bengio (2010), He et al. (2015), LeCun et al. (1998).
"""

from __future__ import annotations

import math
from typing import NamedTuple, Optional

import numpy as np

from strategies.choices import Choice

_erf = np.vectorize(math.erf, otypes=[float])
_erfc = np.vectorize(math.erfc, otypes=[float])
#: A normal distribution is truncated at so many standard deviations.
_CUT = 2.0
_INSIDE = math.erf(_CUT / math.sqrt(2))
#: The standard deviation of a standard normal number that is drawn again beyond `_CUT`.
TRUNCATED_DEVIATION = math.sqrt(
    1 - 2 * _CUT * math.exp(-_CUT * _CUT / 2) / math.sqrt(2 * math.pi) / _INSIDE
)

#: Scale, fan and distribution of what scales with the shape.
SCALED = {
    "GlorotUniform": (1.0, "fan_avg", "uniform"),
    "GlorotNormal": (1.0, "fan_avg", "truncated_normal"),
    "HeUniform": (2.0, "fan_in", "uniform"),
    "HeNormal": (2.0, "fan_in", "truncated_normal"),
    "LecunUniform": (1.0, "fan_in", "uniform"),
    "LecunNormal": (1.0, "fan_in", "truncated_normal"),
}


class Distribution(NamedTuple):
    """Of independent numbers: ``kind`` is "uniform", "normal" or "truncated".

    ``scale`` is half the width of a uniform one, otherwise the standard deviation of the normal one
    before it is truncated.
    """

    kind: str
    centre: float
    scale: float

    @property
    def largest(self) -> float:
        """How far from the centre a number may be, as a multiple of the scale."""
        return {"uniform": 1.0, "truncated": _CUT}.get(self.kind, math.inf)

    def standard(self, x: np.ndarray) -> np.ndarray:
        """The numbers with the centre at 0, in multiples of the scale."""
        return (x.astype(float) - self.centre) / self.scale

    def below(self, x: np.ndarray) -> np.ndarray:
        """The probability of a number up to each x."""
        z = self.standard(x)
        if self.kind == "uniform":
            return np.clip((z + 1) / 2, 0, 1)
        if self.kind == "normal":
            return _erfc(-z / math.sqrt(2)) / 2
        return np.clip((_erf(z / math.sqrt(2)) + _INSIDE) / (2 * _INSIDE), 0, 1)

    def beyond(self, x: np.ndarray) -> np.ndarray:
        """The probability of a number above each x; they are symmetric."""
        return self.below(2 * self.centre - x.astype(float))


def distribution(choice: Choice, shape: tuple[int, ...]) -> Optional[Distribution]:
    """The distribution of each entry, None where entries are fixed or depend on each other."""
    name = choice.name
    if name == "RandomUniform":
        low, high = choice.get("minval", -0.05), choice.get("maxval", 0.05)
        return Distribution("uniform", (low + high) / 2, (high - low) / 2)
    if name in ("RandomNormal", "TruncatedNormal"):
        kind = "normal" if name == "RandomNormal" else "truncated"
        return Distribution(kind, choice.get("mean", 0.0), choice.get("stddev", 0.05))
    if name == "VarianceScaling":
        scale, mode, kind = (
            choice.get("scale", 1.0),
            choice.get("mode", "fan_in"),
            choice.get("distribution", "truncated_normal"),
        )
    elif name in SCALED:
        scale, mode, kind = SCALED[name]
    else:
        return None
    fan_in, fan_out = shape[0], shape[-1]
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    variance = scale / fan
    if kind == "uniform":
        return Distribution("uniform", 0.0, math.sqrt(3 * variance))
    if kind == "untruncated_normal":
        return Distribution("normal", 0.0, math.sqrt(variance))
    return Distribution("truncated", 0.0, math.sqrt(variance) / TRUNCATED_DEVIATION)


def fixed_entries(choice: Choice, shape: tuple[int, ...]) -> Optional[np.ndarray]:
    """The entries themselves, where they are not random."""
    if choice.name == "Identity":
        return choice.get("gain", 1.0) * np.eye(shape[0], shape[-1])
    values = {"Zeros": 0.0, "Ones": 1.0, "Constant": choice.get("value", 0.0)}
    return np.full(shape, values[choice.name]) if choice.name in values else None
