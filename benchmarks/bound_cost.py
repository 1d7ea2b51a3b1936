"""What the bound costs, as a multiple of the bare NumPy recurrence.

    python benchmarks/bound_cost.py [--repeat 30]

R bounds each step from the emitted states, Z the last output from inputs and weights alone; both
compute the reference as well. Each is timed beside the recurrence it belongs to, and the median of
the ratios is printed.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any, Callable, Optional

import numpy as np

from conformance.cells import SIMPLE_RNN
from conformance.expected.end import propagated_output
from conformance.expected.steps import residual_output, residual_state
from conformance.numerics.arithmetic import IEEE
from strategies import Case, Dimensions
from strategies.cases import case_of_seed

SIZES = (
    Dimensions(SIMPLE_RNN, 4, 8, 8, 16, 4),
    Dimensions(SIMPLE_RNN, 4, 16, 16, 16, 8),
    Dimensions(SIMPLE_RNN, 16, 16, 8, 16, 4),
    Dimensions(SIMPLE_RNN, 4, 64, 16, 32, 8),
    Dimensions(SIMPLE_RNN, 32, 64, 32, 32, 16),
)


def recurrence(case: Case) -> Any:
    """All states and outputs, as everybody writes them."""
    x, Wx, Wh, bh, Wo, bo = case.tensors
    h = np.zeros((case.N, case.M), x.dtype)
    states = np.empty((case.N, case.T, case.M), h.dtype)
    for t in range(case.T):
        h = np.tanh(x[:, t] @ Wx + h @ Wh + bh)
        states[:, t] = h
    return states, states @ Wo + bo


def seconds(action: Callable[[], Any], number: int) -> float:
    """How long it takes, of ``number`` times in a row."""
    started = time.process_time()
    for _ in range(number):
        action()
    return (time.process_time() - started) / number


def ratios(size: Dimensions, dtype: str, repeat: int) -> tuple[float, float, float]:
    """Milliseconds of the recurrence, and how many times as long R and Z take."""
    case, row = case_of_seed(size, dtype, "glorot", 0), IEEE[dtype]
    states, _ = recurrence(case)

    def residual() -> None:
        residual_state(case, states, row)
        residual_output(case, states, row)

    bare, R, Z = [], [], []
    for _ in range(repeat):
        bare.append(seconds(lambda: recurrence(case), 5))
        R.append(seconds(residual, 5) / bare[-1])
        Z.append(seconds(lambda: propagated_output(case, row), 3) / bare[-1])
    return statistics.median(bare) * 1e3, statistics.median(R), statistics.median(Z)


def main(arguments: Optional[list[str]] = None) -> None:
    """Print a line for each size and dtype."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=30)
    options = parser.parse_args(arguments)
    print(f"{'N, T, D, M, K':>20}  {'dtype':8} {'recurrence':>11}  {'R':>6}  {'Z':>6}")
    for size in SIZES:
        for dtype in ("float32", "float64"):
            bare, R, Z = ratios(size, dtype, options.repeat)
            print(f"{size[1:6]!s:>20}  {dtype:8} {bare:8.3f} ms  {R:5.1f}×  {Z:5.1f}×")


if __name__ == "__main__":
    main()
