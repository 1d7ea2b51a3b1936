"""What a checked case costs, piece by piece.

    python benchmarks/where_time_goes.py [--mode graph] [--cases 1000]

Runs the main property under the profiler and adds up the time spent in each part of the suite and
in the framework. The profiler slows Python code more than compiled code: look at the shares.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
from collections import Counter
from typing import Optional

from conformance.checking.check import check
from conformance.checking.subject import Run, Subject
from conformance.implementations import load_implementation
from conformance.properties import test_recurrence

#: Part of a file's path, and what its time is called; the first that fits.
PIECES = (
    ("/hypothesis/", "drawing: Hypothesis"),
    ("/strategies/", "drawing: textures"),
    ("error_bound.py", "bound"),
    ("propagation.py", "bound"),
    ("exactness.py", "bound"),
    ("arithmetic.py", "bound"),
    ("equations.py", "equations"),
    ("comparison.py", "comparison"),
    ("/conformance/", "suite: bookkeeping"),
    ("/tensorflow/", "framework"),
    ("/keras/", "framework"),
    ("tensorflow", "framework"),
)


def piece(location: str) -> Optional[str]:
    """What a profiled function belongs to; None for what belongs to its caller."""
    return next((name for part, name in PIECES if part in location), None)


def shares(statistics: pstats.Stats) -> dict[str, float]:
    """Seconds by piece; the time of built-in functions goes to whoever called them."""
    totals: Counter[str] = Counter()
    for (path, _, function), (_, _, own, _, callers) in statistics.stats.items():  # type: ignore[attr-defined]
        name = piece(f"{path} {function}".replace("\\", "/"))
        if name is not None or not callers:
            totals[name or "other"] += own
            continue
        for (caller_path, _, caller), (_, _, own_there, _) in callers.items():
            totals[piece(f"{caller_path} {caller}".replace("\\", "/")) or "other"] += own_there
    return dict(totals.most_common())


def main(arguments: Optional[list[str]] = None) -> None:
    """Print the share of each piece, largest first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--implementation", default="keras")
    parser.add_argument("--mode", default="graph")
    parser.add_argument("--cases", type=int, default=1000)
    options = parser.parse_args(arguments)
    implementation = load_implementation(options.implementation)
    subject = Subject(implementation, options.mode, "float32", Run(max_examples=options.cases))
    found = test_recurrence.test_last_output_equals_the_recurrence.conformance_property
    check(found, subject)  # builds the networks
    profile = cProfile.Profile()
    result = profile.runcall(check, found, subject)
    pieces = shares(pstats.Stats(profile))
    whole = sum(pieces.values())
    print(f"{result.cases} cases, {whole / result.cases * 1e3:.2f} ms each under the profiler")
    for name, seconds in pieces.items():
        print(f"{seconds / whole:6.0%}  {name}")


if __name__ == "__main__":
    main()
