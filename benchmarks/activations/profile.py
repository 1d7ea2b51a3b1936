"""How wrong numbers are: the largest error in each binade of the true value.

Within a binade [2^e, 2^(e+1)) of the true value the ulp is constant, so the largest error in ulp
there says what floor ``a`` is needed beside any number ``k`` of ulp: the largest of
(worst − k) · ulp over all binades. Where the true value is subnormal, or a subnormal input gives a
result of that size, an ulp says nothing (libraries may flush): such errors are counted in smallest
normal numbers τ, and apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Callable, Optional

import numpy as np

from benchmarks.activations.inputs import Format


@dataclass
class Profile:
    """What a scan found.

    ``binades``: exponent of the true value -> (error in ulp, x, computed). ``tiny``: the largest
    error in τ where the true value is below τ, with x and computed. ``flushed``: x whose true value
    is subnormal and came out as zero. ``overflows_early``: the smallest finite true value, by
    magnitude, that came out infinite or NaN, with x and computed. ``numbers``: how many were asked.
    """

    form: Format
    binades: dict[int, tuple[float, float, float]] = field(default_factory=dict)
    tiny: tuple[float, float, float] = (0.0, 0.0, 0.0)
    flushed: Optional[float] = None
    overflows_early: Optional[tuple[float, float, float]] = None
    numbers: int = 0

    def update(self, x: np.ndarray, computed: np.ndarray, truth: np.ndarray) -> None:
        """Take in finite x, what was computed, and the truth in a wider format; 1-D, equal sizes.

        ``x`` and ``computed`` are float64 (every format's numbers are), ``truth`` float64 or
        longdouble. Cheapest where the truth stays in one binade for long stretches.
        """
        self.numbers += x.size
        form, tau = self.form, self.form.smallest_normal
        magnitude = np.abs(truth)
        with np.errstate(all="ignore"):
            error = np.abs(computed - truth)
        wild = ~np.isfinite(computed) | ~(magnitude <= form.largest)
        if wild.any():
            self._wild(x[wild], computed[wild], magnitude[wild])
            error[wild] = 0
        # A subnormal input flushed to zero may move a result of that size by a few τ.
        small = (magnitude < tau) | ((np.abs(x) < tau) & (x != 0) & (magnitude < 4 * tau))
        if small.any():
            chosen = np.flatnonzero(small & ~wild)
            self._small(x[chosen], computed[chosen], magnitude[chosen], error[chosen])
        kept = np.flatnonzero(~(small | wild)) if small.any() or wild.any() else slice(None)
        self._normal(x[kept], computed[kept], magnitude[kept], error[kept])

    def _normal(self, x: np.ndarray, computed: np.ndarray, size: np.ndarray, error: Any) -> None:
        if not x.size:
            return
        exponent = np.frexp(size)[1] - 1
        starts = np.concatenate([[0], np.flatnonzero(np.diff(exponent)) + 1])
        largest = np.maximum.reduceat(error, starts)
        ends = np.append(starts[1:], x.size)
        for start, end, binade, worst in zip(starts, ends, exponent[starts].tolist(), largest):
            ulps = float(worst / self.ulp(binade))
            if ulps > self.binades.get(binade, (-1.0, 0, 0))[0]:
                at = start + int(np.argmax(error[start:end]))
                self.binades[binade] = (ulps, float(x[at]), float(computed[at]))

    def _small(self, x: np.ndarray, computed: np.ndarray, size: np.ndarray, error: Any) -> None:
        if not x.size:
            return
        at = int(np.argmax(error))
        share = float(error[at] / self.form.smallest_normal)
        if share > self.tiny[0]:
            self.tiny = (share, float(x[at]), float(computed[at]))
        # A value that rounds to the smallest subnormal or more, and came out as zero.
        flushed = (computed == 0) & (size > self.ulp(self.form.lowest) / 2)
        if self.flushed is None and flushed.any():
            self.flushed = float(x[np.argmax(flushed)])

    def _wild(self, x: np.ndarray, computed: np.ndarray, size: np.ndarray) -> None:
        early = np.flatnonzero(size <= self.form.largest)
        if early.size:
            at = early[np.argmin(size[early])]
            found = (float(size[at]), float(x[at]), float(computed[at]))
            self.overflows_early = min(self.overflows_early or found, found)

    def ulp(self, exponent: int) -> float:
        """The unit in the last place of values in [2^exponent, 2^(exponent + 1))."""
        return math.ldexp(1.0, exponent - self.form.precision + 1)

    def worst(self, least: int = -(1 << 20)) -> tuple[float, float, float]:
        """The largest error in ulp where the true value is at least 2^least, with x, computed."""
        return max((w for e, w in self.binades.items() if e >= least), default=(0.0, 0.0, 0.0))

    def floor(self, k: float) -> float:
        """The absolute error that is left beside k ulp.

        Below τ an error of τ is allowed where libraries may flush; elsewhere it counts like any
        other, beside k of the smallest subnormal numbers.
        """
        normal = max(((w[0] - k) * self.ulp(e) for e, w in self.binades.items()), default=0.0)
        tiny = self.tiny[0] * self.form.smallest_normal - k * self.ulp(self.form.lowest)
        if self.form.flushes and self.tiny[0] <= 1:
            tiny = 0.0
        return max(normal, tiny, 0.0)

    def merge(self, other: Profile) -> None:
        """Take in what another scan found."""
        for binade, found in other.binades.items():
            self.binades[binade] = max(found, self.binades.get(binade, (-1.0, 0.0, 0.0)))
        self.tiny = max(self.tiny, other.tiny)
        self.flushed = self.flushed if self.flushed is not None else other.flushed
        early = [found for found in (self.overflows_early, other.overflows_early) if found]
        self.overflows_early = min(early, default=None)
        self.numbers += other.numbers

    def confirm(self, exactly: Callable[[float], Any]) -> float:
        """Measure the worst of each binade again with numbers of many digits.

        Returns:
            By how many ulp the first measurement was off at most.
        """
        moved = 0.0
        for binade, (ulps, x, computed) in self.binades.items():
            again = float(abs(computed - exactly(x)) / self.ulp(binade))
            moved = max(moved, abs(again - ulps))
            self.binades[binade] = (again, x, computed)
        return moved

    def to_json(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "numbers": self.numbers,
            "binades": {str(e): list(w) for e, w in sorted(self.binades.items())},
            "tiny": list(self.tiny),
            "flushed": self.flushed,
            "overflows_early": self.overflows_early and [str(v) for v in self.overflows_early],
        }

    @classmethod
    def from_json(cls, form: Format, stored: dict[str, Any]) -> Profile:
        """What ``to_json`` made."""
        early = stored["overflows_early"]
        return cls(
            form,
            {int(e): tuple(w) for e, w in stored["binades"].items()},
            tuple(stored["tiny"]),
            stored["flushed"],
            early and tuple(map(float, early)),
            stored["numbers"],
        )
