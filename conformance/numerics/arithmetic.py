"""What an implementation's arithmetic may do: one row for each dtype.

A row states the format in which numbers are stored, the one in which sums of products are
accumulated, how many bits the operands of products keep, whether subnormals may become zero, and
how far the library's activations may be from the true ones. An implementation declares which row
applies; one outside its row is a finding, not a reason to change the row.

======================  ==========  ============  ========  ===========================
row                     storage     accumulation  operands  who computes so
======================  ==========  ============  ========  ===========================
float32                 float32     float32       all bits  everybody
float64                 float64     float64       all bits  everybody
float16                 float16     float32       all bits  TensorFlow with oneDNN, XLA,
bfloat16                bfloat16    float32       all bits  JAX, torch
mixed_float16           as float16; weights and inputs are float32, rounded when used
mixed_bfloat16          as bfloat16; weights and inputs are float32, rounded when used
``narrow_sums(row)``    as the row  as stored     all bits  float16 in TensorFlow 2.7
``truncated(row)``      as the row  as the row    all bits  bfloat16 in TensorFlow 2.7
``tensor_float_32``     float32     float32       10 bits   float32 on NVIDIA GPUs
======================  ==========  ============  ========  ===========================
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Optional

import numpy as np

from conformance.numerics.activation_errors import ERRORS
from strategies.dtypes import POLICIES

#: The exponent's bits of a float64.
_EXPONENT = np.int64(0x7FF0000000000000)


@dataclass(frozen=True)
class Format:
    """A binary floating-point format, with round to nearest in every operation."""

    name: str
    precision: int
    smallest_normal: float
    smallest_subnormal: float
    largest: float

    @property
    def unit_roundoff(self) -> float:
        """u: a rounded operation is exact times 1 + δ with |δ| ≤ u = 2^-precision."""
        return 2.0**-self.precision

    def gamma(self, n: np.ndarray | float) -> np.ndarray | float:
        """γ_n = n u / (1 − n u): n roundings in a row (Higham 2002, lemma 3.1).

        Beyond n u = 1/2 the factors (1 ± u)^±n are bounded by their exponential instead.
        """
        nu = np.multiply(n, self.unit_roundoff)
        if np.max(nu, initial=0.0) < 0.5:
            return nu / (1 - nu)
        return np.where(nu < 0.5, nu / (1 - np.minimum(nu, 0.5)), np.expm1(1.01 * nu))

    def ulp(self, value: np.ndarray) -> np.ndarray:
        """The unit in the last place at each value, at least the smallest subnormal."""
        bits = np.asarray(value, dtype=np.float64).view(np.int64)
        power_of_two = (bits & _EXPONENT).view(np.float64)  # 0 for 0 and subnormals of float64
        return np.maximum(power_of_two * 2.0 ** (1 - self.precision), self.smallest_subnormal)


def _ieee(name: str) -> Format:
    info = np.finfo(name)
    smallest = float(np.nextafter(info.dtype.type(0), info.dtype.type(1)))
    return Format(name, info.nmant + 1, float(info.tiny), smallest, float(info.max))


FORMATS = {
    "float16": _ieee("float16"),
    "bfloat16": Format("bfloat16", 8, 2.0**-126, 2.0**-133, (2 - 2.0**-7) * 2.0**127),
    "float32": _ieee("float32"),
    "float64": _ieee("float64"),
}
#: The reference is computed in this format, and its own error is part of every bound.
REFERENCE = FORMATS["float64"]


@dataclass(frozen=True)
class Arithmetic:
    """How an implementation rounds.

    ``storage`` is the format of weights and inputs as used, of states and outputs, and of
    whatever lies between two operations; ``accumulation`` that of sums of products, as wide or
    wider. Operands of products keep ``operand_bits`` significant bits, None for all of them. With
    ``truncates_products`` a sum of products is cut, not rounded, when it is stored.
    ``flushes_subnormals`` says that any subnormal operand or result may be treated as zero; it
    need not. ``activation_errors`` has (k, a) for each activation f: the computed f(z) is within
    k ulp of f(z) plus a. ``unknown`` says why not all of it could be found out, where it could not.
    """

    dtype: str
    storage: Format
    accumulation: Format
    activation_errors: dict[str, tuple[float, float]]
    operand_bits: Optional[int] = None
    truncates_products: bool = False
    flushes_subnormals: bool = True
    unknown: str = field(default="", compare=False)

    @property
    def operand_error(self) -> float:
        """The relative error of an operand of a product; that of truncation, which is twice."""
        return 0.0 if self.operand_bits is None else 2.0 ** (1 - self.operand_bits)

    @property
    def product_error(self) -> float:
        """The relative error of storing a sum, at most: some libraries cut it."""
        return self.unit_roundoff * (2 if self.truncates_products else 1)

    @property
    def is_narrow(self) -> bool:
        """Whether sums are accumulated in a wider format than they are stored in."""
        return self.storage != self.accumulation

    @property
    def exact_bits(self) -> int:
        """Numbers of so many significant bits pass through every operand, sum and store."""
        return min(self.storage.precision, self.operand_bits or self.storage.precision)

    @property
    def unit_roundoff(self) -> float:
        """That of the storage format."""
        return self.storage.unit_roundoff

    def describe(self) -> str:
        """For the header and the summary, for example ``sums in float32, subnormals kept``."""
        parts = [f"sums in {self.accumulation.name}"]
        if self.truncates_products:
            parts.append("cut when stored")
        if self.operand_bits:
            parts.append(f"operands of {self.operand_bits} bits")
        usual = ERRORS[self.storage.name]
        for name, (k, a) in self.activation_errors.items():
            if (k, a) != usual.get(name):
                parts.append(f"{name} off by up to {k:g} ulp and {a:.2g}")
        parts.append("subnormals may be zero" if self.flushes_subnormals else "subnormals kept")
        if self.unknown:
            parts.append(f"as declared, because probing raised {self.unknown}")
        return ", ".join(parts)


def _row(dtype: str, accumulation: str) -> Arithmetic:
    computed = POLICIES[dtype].computed
    return Arithmetic(dtype, FORMATS[computed], FORMATS[accumulation], ERRORS[computed])


#: Any IEEE implementation on a CPU or GPU, with or without flush to zero.
IEEE = {
    "float32": _row("float32", "float32"),
    "float64": _row("float64", "float64"),
    "float16": _row("float16", "float32"),
    "bfloat16": _row("bfloat16", "float32"),
    "mixed_float16": _row("mixed_float16", "float32"),
    "mixed_bfloat16": _row("mixed_bfloat16", "float32"),
}


def narrow_sums(row: Arithmetic) -> Arithmetic:
    """The row, with sums accumulated in the format in which they are stored."""
    return replace(row, accumulation=row.storage)


def truncated(row: Arithmetic) -> Arithmetic:
    """The row, with sums of products cut to the format in which they are stored."""
    return replace(row, truncates_products=True)


def tensor_float_32(row: Arithmetic) -> Arithmetic:
    """The float32 row, with operands cut to the 10 bits and the leading one of TensorFloat-32."""
    return replace(row, operand_bits=11)
