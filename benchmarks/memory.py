"""Memory of one worker over many cases: it must stay flat.

    python benchmarks/memory.py [--mode graph] [--cases 100000]

Prints the resident memory after every tenth of the cases. Needs /proc, so it runs on Linux.
"""

from __future__ import annotations

import argparse
import resource
from pathlib import Path
from typing import Optional

from conformance.checking.check import check
from conformance.checking.subject import Run, Subject
from conformance.implementations import load_implementation
from conformance.properties import test_recurrence

TENTHS = 10


def resident_mb() -> float:
    """Resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def main(arguments: Optional[list[str]] = None) -> None:
    """Print memory as cases go by, and the growth after the first tenth."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--implementation", default="keras")
    parser.add_argument("--mode", default="graph")
    parser.add_argument("--cases", type=int, default=100_000)
    options = parser.parse_args(arguments)
    implementation = load_implementation(options.implementation)
    found = test_recurrence.test_last_output_equals_the_recurrence.conformance_property
    run = Run(max_examples=options.cases // TENTHS)
    first = done = 0.0
    for _ in range(TENTHS):
        run.seed += 1  # other cases, and another pool of networks
        done += check(found, Subject(implementation, options.mode, "float32", run)).cases
        now = resident_mb()
        first = first or now
        print(f"{done:9.0f} cases  {now:7.0f} MB  {len(run.networks)} networks", flush=True)
    print(f"growth after the first tenth: {now - first:.0f} MB")


if __name__ == "__main__":
    main()
