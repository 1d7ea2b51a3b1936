"""Dense, which reads the hidden state.

    y_t = g(h_t Wo + bo)

K outputs: y_t is (N, K). Goodfellow, Bengio, Courville, *Deep Learning*, section 10.2, equation
10.10, with rows instead of columns. M·K + K parameters: 12 for M=5, K=2.
"""

from __future__ import annotations

from typing import Any

from conformance.numerics.operations import Operations
from strategies.options import Options


def dense(ops: Operations, h: Any, w: Any, g: Any) -> Any:
    """The outputs g(h Wo + bo), for h (…, M), Wo (M, K), bo (K,): shape (…, K)."""
    return g(ops.affine((h,), (w.dense_kernel,), w.dense_bias))


def parameters(M: int, K: int, options: Options) -> int:
    """M·K + K, or M·K without a bias."""
    return M * K + K * options.dense_use_bias
