"""What a checked case costs, by its dimensions.

    python benchmarks/cost_by_size.py [--implementation keras] [--mode graph]

One dimension at a time grows, the others stay. Each line has the milliseconds of setting
weights and running the network, and of the equation with its bound; what is drawn and counted does
not depend on the size. The least of several repeats is printed.
"""

from __future__ import annotations

import argparse
import time
from typing import Any, Callable, Optional

from conformance.cells import SIMPLE_RNN
from conformance.checking.asking import ask
from conformance.checking.record import Record
from conformance.checking.subject import Subject
from conformance.expected.end import propagated_output
from conformance.implementations import load_implementation
from strategies import Case, Dimensions
from strategies.cases import case_of_seed

#: What the other dimensions are while one changes.
USUAL = Dimensions(SIMPLE_RNN, N=4, T=8, D=8, M=12, K=4)
SIZES = {
    "N": (1, 4, 16, 64, 256),
    "T": (1, 4, 16, 64, 256),
    "D": (1, 8, 64, 256),
    "M": (1, 8, 64, 256),
    "K": (1, 8, 64),
}


def least_ms(action: Callable[[], Any], repeat: int) -> float:
    """Milliseconds of the fastest of ``repeat`` times, after one that is not counted."""
    action()
    found = []
    for _ in range(repeat):
        started = time.perf_counter()
        action()
        found.append(time.perf_counter() - started)
    return min(found) * 1e3


def cost(subject: Subject, size: Dimensions, repeat: int) -> tuple[float, float]:
    """Milliseconds of the network, and of the equation with its bound."""
    case: Case = case_of_seed(size, subject.dtype, "glorot", 0)
    running = least_ms(lambda: ask(Record(subject), case), repeat)
    # A new case each time, because a case keeps its weights in float64 once they are asked for.
    judging = least_ms(lambda: propagated_output(case.replace(), subject.arithmetic), repeat)
    return running, judging


def main(arguments: Optional[list[str]] = None) -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--implementation", default="keras")
    parser.add_argument("--mode", default="graph")
    parser.add_argument("--repeat", type=int, default=20)
    options = parser.parse_args(arguments)
    subject = Subject(load_implementation(options.implementation), options.mode, "float32")
    print(f"{'N':>4}{'T':>5}{'D':>5}{'M':>5}{'K':>5}{'network ms':>13}{'equation ms':>13}")
    for letter, values in SIZES.items():
        for value in values:
            size = USUAL._replace(**{letter: value})
            running, judging = cost(subject, size, options.repeat)
            N, T, D, M, K = size[:5]
            print(f"{N:4}{T:5}{D:5}{M:5}{K:5}{running:13.2f}{judging:13.2f}", flush=True)


if __name__ == "__main__":
    main()
