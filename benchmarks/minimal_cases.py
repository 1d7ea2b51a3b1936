"""How small the reported case of each seeded fault is, and how long it takes to get there.

    python benchmarks/minimal_cases.py [--implementation keras] [--faults A,B] [--json FILE]

Every numeric fault of the catalogue is seeded into the NumPy loop, or every fault of Keras into
Keras, and looked for with the property of single steps, or, where that does not notice it, with
that of the last output. Seconds are those of the whole check: drawing until something fails,
shrinking, and making the numbers plain; importing TensorFlow is not among them. Below the rows are
the medians, over all faults and over those that two samples, steps, features and units can show,
as the smallest case found for them proves.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import time
from typing import Any, Optional

import numpy as np
from hypothesis import settings

from conformance.cells import SIMPLE_RNN
from conformance.checking.check import check
from conformance.checking.property import Property
from conformance.checking.subject import Run, Subject
from conformance.faults import faults_of, seeded_fault
from conformance.implementations import load_implementation
from conformance.properties import test_recurrence
from strategies import Case, NetworkSize
from strategies.profiles import PROFILES
from strategies.textures import Tensors

PROPERTIES: tuple[Property, ...] = tuple(
    test.conformance_property
    for test in (
        test_recurrence.test_every_step_equals_the_recurrence,
        test_recurrence.test_last_output_equals_the_recurrence,
    )
)


def measure(arguments: tuple[str, str, str, int]) -> Optional[dict[str, Any]]:
    """The smallest case found for a fault, and the seconds; None where it is not noticed."""
    name, mode, fault, seed = arguments
    settings.register_profile("from scratch", database=None)
    settings.load_profile("from scratch")
    faulty = seeded_fault(load_implementation(name), fault)
    faulty.network(NetworkSize(SIMPLE_RNN, 1, 1, 1), "float32")  # imports what is tested
    for found in PROPERTIES:
        run = Run(profile=PROFILES["default"], seed=seed)
        started = time.perf_counter()
        result = check(found, Subject(faulty, mode, "float32", run))
        seconds = time.perf_counter() - started
        if result.failure is not None:
            case = result.failure.drawn["case"]
            sizes = {letter: getattr(case, letter) for letter in "NTDMK"}
            return {"fault": fault, **sizes, "seconds": seconds, "plain": plain(case)}
    return None


def plain(case: Case) -> bool:
    """Whether every number has at most two decimals."""
    tensors = [getattr(case, name) for name in Tensors._fields]
    return all(np.array_equal(t, np.round(t, 2), equal_nan=True) for t in tensors)


def medians(rows: list[dict[str, Any]]) -> str:
    """The medians of some rows, in a line."""
    sizes = " ".join(f"{x}={statistics.median(row[x] for row in rows):g}" for x in "NTDMK")
    seconds = [row["seconds"] for row in rows]
    return (
        f"{len(rows)} faults: median {sizes}, {statistics.median(seconds):.1f} s, "
        f"at most {max(seconds):.1f} s; {sum(row['plain'] for row in rows)} plain"
    )


def main(arguments: Optional[list[str]] = None) -> None:
    """Print a row for each fault, then the medians, and write them as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--implementation", choices=("numpy", "keras"), default="numpy")
    parser.add_argument("--mode", help="of Keras; predict_on_batch by default")
    parser.add_argument("--faults", metavar="A,B")
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args(arguments)
    name = options.implementation
    faults = [fault for fault, entry in faults_of(name).items() if name == "keras" or entry.numeric]
    mode = options.mode or ("predict_on_batch" if name == "keras" else "call")
    rows, unnoticed = [], []
    print(f"{'fault':44}{'N':>4}{'T':>4}{'D':>4}{'M':>4}{'K':>4}{'seconds':>9}  numbers")
    for fault in options.faults.split(",") if options.faults else faults:
        asked = (name, mode, fault, options.seed)
        if name == "keras":  # a fault patches Keras for the rest of its process
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                row = pool.apply(measure, (asked,))
        else:
            row = measure(asked)
        if row is None:
            unnoticed.append(fault)
            continue
        rows.append(row)
        sizes = "".join(f"{row[letter]:4}" for letter in "NTDMK")
        words = "plain" if row["plain"] else "long"
        print(f"{fault:44}{sizes}{row['seconds']:9.2f}  {words}", flush=True)
    print(f"\nall {medians(rows)}")
    small = [row for row in rows if max(row[letter] for letter in "NTDM") <= 2]
    if small:
        print(f"N, T, D, M ≤ 2: {medians(small)}")
    if unnoticed:
        print(f"not noticed by these two properties: {', '.join(unnoticed)}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=1)


if __name__ == "__main__":
    main()
