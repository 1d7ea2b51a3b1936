"""What an implementation's arithmetic may do: one row for each.

A row states the precision of the numbers, whether subnormals may become zero, and how far
the library's tanh may be from the true one. The constants of tanh come from scans of
TensorFlow 2.7 and 2.21 (eager and XLA), JAX, torch and NumPy over all float32 arguments and a
sample of the float64 ones: the worst found was 6.9 ulp in float32 and 8.7 ulp in float64. A
library outside its row is a finding, not a reason to change the row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Arithmetic:
    """How an implementation rounds, with round to nearest in every operation.

    ``tanh_ulps`` bounds |computed tanh(z) − tanh(z)| in units in the last place of tanh(z).
    ``flushes_subnormals`` says that the implementation may treat any subnormal operand or
    result as zero; it need not.
    """

    dtype: str
    precision: int
    smallest_normal: float
    smallest_subnormal: float
    largest: float
    tanh_ulps: float
    flushes_subnormals: bool

    @property
    def unit_roundoff(self) -> float:
        """u: a rounded operation is exact times 1 + δ with |δ| ≤ u = 2^-precision."""
        return 2.0**-self.precision

    def gamma(self, n: np.ndarray | float) -> np.ndarray | float:
        """γ_n = n u / (1 − n u): n roundings in a row (Higham 2002, lemma 3.1)."""
        nu = n * self.unit_roundoff
        return nu / (1 - nu)

    def ulp(self, value: np.ndarray) -> np.ndarray:
        """The unit in the last place at each value, at least the smallest subnormal."""
        fraction, exponent = np.frexp(value)
        # frexp gives 0 the exponent 0; any other fraction is at least a half.
        ulp = np.ldexp(np.ceil(np.abs(fraction)), exponent - self.precision)
        return np.maximum(ulp, self.smallest_subnormal)


def _ieee(dtype: str, tanh_ulps: float) -> Arithmetic:
    info = np.finfo(dtype)
    return Arithmetic(
        dtype=dtype,
        precision=info.nmant + 1,
        smallest_normal=float(info.tiny),
        smallest_subnormal=float(np.nextafter(info.dtype.type(0), info.dtype.type(1))),
        largest=float(info.max),
        tanh_ulps=tanh_ulps,
        flushes_subnormals=True,
    )


#: Any IEEE implementation on a CPU or GPU, with or without flush to zero.
IEEE = {"float32": _ieee("float32", 8), "float64": _ieee("float64", 12)}
