"""What an implementation's arithmetic does where it may: found by asking, not assumed.

A tiny network shows whether subnormal numbers become zero, and, in 16-bit dtypes, whether sums are
accumulated in the format in which they are stored. Both depend on version, mode and processor, so
that each mode is asked.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from conformance.implementations.protocol import Implementation
from conformance.numerics.arithmetic import Arithmetic, narrow_sums, truncated
from conformance.running.errors import with_place
from conformance.running.time_limit import TimeLimitReached
from strategies import WIDE_DTYPES, Case, Dimensions
from strategies.cases import case_of
from strategies.textures import Tensors

#: Units of the first probe: one vector register and one more.
UNITS = 17
#: Terms of the second: as many large ones as a processor has partial sums, among many small ones.
LARGE, SMALL = 64, 8128
#: A library that loses more than this of the small ones sums in the format it stores.
LOST = 0.25


def probed(implementation: Implementation, dtype: str, modes: tuple[str, ...]) -> Arithmetic:
    """The arithmetic that the implementation declares, with what was found in these modes.

    Of an implementation that does not answer it is what it declares, and `Arithmetic.unknown` says
    what was raised.
    """
    row = implementation.arithmetic(dtype)
    try:
        row = replace(row, flushes_subnormals=_flushes(implementation, row, modes))
        if dtype not in WIDE_DTYPES:
            if _products_are_cut(implementation, row, modes):
                row = truncated(row)
            if _sums_are_narrow(implementation, row, modes):
                row = narrow_sums(row)
    except (KeyboardInterrupt, TimeLimitReached):
        raise
    except BaseException as error:  # whatever the thing under test may raise
        return replace(row, unknown=with_place(error))
    return row


def _flushes(implementation: Implementation, row: Arithmetic, modes: tuple[str, ...]) -> bool:
    """Whether a subnormal operand, or a product that is subnormal, comes out as zero."""
    tau = row.storage.smallest_normal
    tensors = Tensors(
        inputs=np.array([[[tau / 4]], [[tau]]]),
        kernel=np.where(np.arange(UNITS) % 2, 1.0, 0.25)[None],
        recurrent_kernel=np.zeros((UNITS, UNITS)),
        bias=np.zeros(UNITS),
        dense_kernel=np.eye(UNITS),
        dense_bias=np.zeros(UNITS),
    )
    outputs = _outputs(implementation, row.dtype, tensors, modes)
    # tanh of a tiny number is that number: the first sample times 1, the second times a quarter.
    return any((y[0, 1::2] == 0).any() or (y[1, ::2] == 0).any() for y in outputs)


def _sums_are_narrow(
    implementation: Implementation, row: Arithmetic, modes: tuple[str, ...]
) -> bool:
    """Whether terms too small for the stored format are lost beside large ones."""
    large = 2.0**-8
    small = large * row.unit_roundoff / 4
    # Anywhere, so that whatever is summed apart, in blocks or in strides, has its large ones.
    terms = np.random.default_rng(0).permutation(np.repeat([large, small], [LARGE, SMALL]))
    scale = 2.0**10  # the kernel is not subnormal in any format, nor are the inputs
    tensors = Tensors(
        inputs=np.full((1, 1, len(terms)), 1 / scale),
        kernel=terms[:, None] * scale,
        recurrent_kernel=np.zeros((1, 1)),
        bias=np.zeros(1),
        dense_kernel=np.ones((1, 1)),
        dense_bias=np.zeros(1),
    )
    least = np.tanh(LARGE * large + SMALL * small * (1 - LOST))
    return any(y[0, 0] < least for y in _outputs(implementation, row.dtype, tensors, modes))


def _products_are_cut(
    implementation: Implementation, row: Arithmetic, modes: tuple[str, ...]
) -> bool:
    """Whether a product that lies just below a number of the format becomes the one below.

    The square of x lies between two numbers, nearer to the one above. It is scaled down, so that
    tanh leaves it as it is.
    """
    unit = 2.0 ** (1 - row.storage.precision)
    candidates = 1 + np.arange(1, 40) * unit
    fraction = candidates**2 / unit % 1
    x = candidates[np.argmax((fraction > 0.6) & (fraction < 0.99))]
    scale = 2.0 ** -(row.storage.precision // 2 + 2)
    tensors = Tensors(
        inputs=np.array([[[x]]]),
        kernel=np.array([[x * scale]]),
        recurrent_kernel=np.zeros((1, 1)),
        bias=np.zeros(1),
        dense_kernel=np.array([[1.0]]),
        dense_bias=np.zeros(1),
    )
    below = np.floor(x * x / unit) * unit * scale
    return any(y[0, 0] <= below for y in _outputs(implementation, row.dtype, tensors, modes))


def _outputs(
    implementation: Implementation, dtype: str, tensors: Tensors, modes: tuple[str, ...]
) -> list[np.ndarray]:
    (N, T, D), M = tensors.inputs.shape, len(tensors.bias)
    size = Dimensions(N, T, D, M, len(tensors.dense_bias))
    case: Case = case_of(tensors.astype(dtype), size, dtype)
    network = implementation.network_for_cases(size.network, dtype, sequences=False)
    network.set_weights(case.weights)
    return [np.asarray(network.output(case.inputs, mode), float) for mode in modes]
