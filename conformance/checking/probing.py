"""What an implementation's arithmetic does where it may: found by asking, not assumed.

A tiny network shows whether subnormal numbers become zero, and, in 16-bit dtypes, whether sums are
accumulated in the format in which they are stored. Both depend on version, mode and processor, so
that each mode is asked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from conformance.implementations.protocol import Implementation
from conformance.numerics.arithmetic import Arithmetic, narrow_sums, truncated
from strategies import WIDE_DTYPES, Cell, Dimensions, Tensors
from strategies.cases import case_of
from strategies.cell import INPUT

#: Units of the first probe: one vector register and one more.
UNITS = 17
#: Terms of the second: as many large ones as a processor has partial sums, among many small ones.
LARGE, SMALL = 64, 8128
#: A library that loses more than this of the small ones sums in the format it stores.
LOST = 0.25


def probed(
    implementation: Implementation, dtype: str, modes: tuple[str, ...], cell: Cell
) -> Arithmetic:
    """The arithmetic that the implementation declares, with what was found in these modes.

    The networks that are asked are of this cell, whose state must be what a step sums up.

    An implementation that does not answer is left at what it declares: the properties will say
    what is wrong with it.
    """
    row = implementation.arithmetic(dtype)
    try:
        probe = _Probe(implementation, dtype, modes, cell)
        row = replace(row, flushes_subnormals=_flushes(probe, row))
        if dtype not in WIDE_DTYPES:
            if _products_are_cut(probe, row):
                row = truncated(row)
            if _sums_are_narrow(probe, row):
                row = narrow_sums(row)
    except Exception:  # whatever the thing under test may raise
        return row
    return row


class _Probe(NamedTuple):
    """Who is asked; `outputs` asks."""

    implementation: Implementation
    dtype: str
    modes: tuple[str, ...]
    cell: Cell

    def outputs(self, inputs: np.ndarray, kernel: np.ndarray) -> list[np.ndarray]:
        """The outputs (N, M) of each mode for inputs (N, 1, D) and a kernel (D, M).

        Nothing else is in the way: no bias, no recurrence, and Dense is the identity.
        """
        (N, T, D), M = inputs.shape, kernel.shape[1]
        size = Dimensions(self.cell, N, T, D, M, M)
        weights = {
            name: kernel if weight.role == INPUT else np.zeros(weight.shape)
            for name, weight in self.cell.weights(D, M, size.options).items()
        }
        tensors = Tensors(inputs=inputs, **weights, dense_kernel=np.eye(M), dense_bias=np.zeros(M))
        case = case_of(tensors.astype(self.dtype), size, self.dtype)
        network = self.implementation.network_for_cases(size.network, self.dtype)
        network.set_weights(case.weights)
        answers = [network.answer(case.inputs, mode) for mode in self.modes]
        return [np.asarray(answer.output, float) for answer in answers]


def _flushes(probe: _Probe, row: Arithmetic) -> bool:
    """Whether a subnormal operand, or a product that is subnormal, comes out as zero."""
    tau = row.storage.smallest_normal
    kernel = np.where(np.arange(UNITS) % 2, 1.0, 0.25)[None]
    outputs = probe.outputs(np.array([[[tau / 4]], [[tau]]]), kernel)
    # tanh of a tiny number is that number: the first sample times 1, the second times a quarter.
    return any((y[0, 1::2] == 0).any() or (y[1, ::2] == 0).any() for y in outputs)


def _sums_are_narrow(probe: _Probe, row: Arithmetic) -> bool:
    """Whether terms too small for the stored format are lost beside large ones."""
    large = 2.0**-8
    small = large * row.unit_roundoff / 4
    # Anywhere, so that whatever is summed apart, in blocks or in strides, has its large ones.
    terms = np.random.default_rng(0).permutation(np.repeat([large, small], [LARGE, SMALL]))
    scale = 2.0**10  # the kernel is not subnormal in any format, nor are the inputs
    outputs = probe.outputs(np.full((1, 1, len(terms)), 1 / scale), terms[:, None] * scale)
    least = np.tanh(LARGE * large + SMALL * small * (1 - LOST))
    return any(y[0, 0] < least for y in outputs)


def _products_are_cut(probe: _Probe, row: Arithmetic) -> bool:
    """Whether a product that lies just below a number of the format becomes the one below.

    The square of x lies between two numbers, nearer to the one above. It is scaled down, so that
    tanh leaves it as it is.
    """
    unit = 2.0 ** (1 - row.storage.precision)
    candidates = 1 + np.arange(1, 40) * unit
    fraction = candidates**2 / unit % 1
    x = candidates[np.argmax((fraction > 0.6) & (fraction < 0.99))]
    scale = 2.0 ** -(row.storage.precision // 2 + 2)
    below = np.floor(x * x / unit) * unit * scale
    return any(y[0, 0] <= below for y in probe.outputs(np.array([[[x]]]), np.array([[x * scale]])))
