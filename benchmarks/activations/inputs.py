"""Which numbers are asked: formats, the inputs that are scanned, and how they are told.

Numbers of a format travel as NumPy arrays of its dtype; bfloat16, which NumPy lacks, as their bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator

import numpy as np

SEED = 20261124
CHUNK = 1 << 22
#: Outside the dense range every 61st: a stride that is no power of two visits all low bits.
ELSEWHERE = 61
#: The range in which activations do something: 2^-15 <= |x| < 2^8.
DENSE = (-15, 8)
FLOAT64_SAMPLE = 1 << 20
#: Lengths below and beside the widths of SIMD registers, whose last elements take other code.
SMALL_LENGTHS = (1, 3, 5, 7, 9, 17)
SMALL_SAMPLE = 512


@dataclass(frozen=True)
class Format:
    """A floating-point format: p bits of precision, exponents of normal numbers from low to high.

    ``flushes`` says that libraries may treat its subnormals as zero.
    """

    name: str
    precision: int
    lowest: int
    highest: int
    carrier: str
    flushes: bool

    @property
    def smallest_normal(self) -> float:
        """τ."""
        return 2.0**self.lowest

    @property
    def largest(self) -> float:
        """The largest finite number."""
        return (2.0 - 2.0 ** (1 - self.precision)) * 2.0**self.highest

    @property
    def bits(self) -> np.dtype:
        """The unsigned integer of its size."""
        return np.dtype(f"u{np.dtype(self.carrier).itemsize}")

    def decode(self, numbers: np.ndarray) -> np.ndarray:
        """As float64, exactly."""
        if self.name == "bfloat16":
            return (numbers.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
        return numbers.astype(np.float64)

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Rounded to the format, to nearest even."""
        if self.name == "bfloat16":
            bits = np.asarray(values, np.float32).view(np.uint32)
            rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
            return np.where(np.isnan(values), 0x7FC0, rounded).astype(np.uint16)
        return np.asarray(values).astype(self.carrier)

    def from_bits(self, bits: np.ndarray) -> np.ndarray:
        """The numbers with these bits."""
        return bits.astype(self.bits).view(self.carrier)

    def pattern(self, exponent: int) -> int:
        """The bits of 2^exponent, for a normal number."""
        return (exponent - self.lowest + 1) << (self.precision - 1)


FORMATS = {
    "float32": Format("float32", 24, -126, 127, "float32", True),
    "float64": Format("float64", 53, -1022, 1023, "float64", True),
    "float16": Format("float16", 11, -14, 15, "float16", False),
    "bfloat16": Format("bfloat16", 8, -126, 127, "uint16", True),
}


def edges(form: Format) -> np.ndarray:
    """±0, the smallest and largest numbers, and the neighbours of every power of two."""
    powers = np.array([form.pattern(e) for e in range(form.lowest, form.highest + 1)], np.uint64)
    near = np.concatenate([powers + step for step in np.arange(4, dtype=np.uint64)])
    near = np.concatenate([near, powers - np.uint64(1), powers - np.uint64(2)])
    end = np.uint64(form.pattern(form.highest + 1))  # infinity
    extra = np.array([0, 1, 2, 3, int(end) - 1], np.uint64)
    positive = np.unique(np.concatenate([near[near < end], extra]))
    return form.from_bits(np.concatenate([positive, positive | sign_bit(form)]))


def sign_bit(form: Format) -> np.uint64:
    """The bit that makes a number negative."""
    return np.uint64(1 << (8 * form.bits.itemsize - 1))


def inputs(form: Format, every: int = 1) -> Iterator[np.ndarray]:
    """Chunks of finite numbers, in the order of their bits so that results are piecewise monotone.

    float16 and bfloat16: all. float32: the edges, every ``every``-th number with
    2^-15 <= |x| < 2^8 and every 61st elsewhere. float64: the edges and a seeded sample.
    """
    if form.name == "float64":
        yield edges(form)
        yield float64_sample()
        return
    end = form.pattern(form.highest + 1)
    ranges = [(0, end, 1)]
    if form.name == "float32":
        yield edges(form)
        low, high = (form.pattern(e) for e in DENSE)
        outside = max(every, ELSEWHERE)
        ranges = [(0, low, outside), (low, high, every), (high, end, outside)]
    for start, stop, stride in ranges:
        for begin in range(start, stop, CHUNK * stride):
            end_of_chunk = min(stop, begin + CHUNK * stride)
            magnitudes = np.arange(begin, end_of_chunk, stride, dtype=np.uint32)
            yield form.from_bits(magnitudes)
            yield form.from_bits(magnitudes | sign_bit(form).astype(np.uint32))


def float64_sample(size: int = FLOAT64_SAMPLE) -> np.ndarray:
    """Seeded: half with exponents from -60 to 10, a quarter in (-40, 40), a quarter of any bits."""
    generator = np.random.default_rng(SEED)
    half, quarter = size // 2, size // 4
    sign = generator.choice([-1.0, 1.0], half)
    scaled = sign * np.ldexp(1 + generator.random(half), generator.integers(-60, 10, half))
    linear = generator.uniform(-40, 40, quarter)
    anything = generator.integers(0, 1 << 64, quarter, np.uint64).view(np.float64)
    return np.sort(np.concatenate([scaled, linear, anything[np.isfinite(anything)]]))


def small_sample(form: Format, size: int = SMALL_SAMPLE) -> np.ndarray:
    """Seeded numbers of both signs whose exponents are spread over the dense range."""
    generator = np.random.default_rng(SEED)
    low, high = max(DENSE[0], form.lowest), DENSE[1]
    exponents = generator.uniform(low, high, size)
    return form.encode(generator.choice([-1.0, 1.0], size) * 2.0**exponents)


def described(form: Format, every: int) -> str:
    """What ``inputs`` yields, in words."""
    if form.name in ("float16", "bfloat16"):
        return "all finite"
    if form.name == "float64":
        return f"a sample of {FLOAT64_SAMPLE:,}, seed {SEED}"
    dense = "all" if every == 1 else f"one in {every}"
    return f"{dense} with 2^-15 <= |x| < 2^8, one in {max(every, ELSEWHERE)} elsewhere"
