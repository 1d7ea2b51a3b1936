"""How far a library's activation functions are from the truth, and what to declare of them.

    python -m benchmarks.activations --library tensorflow --json tensorflow.json
    python -m benchmarks.activations --table tensorflow.json numpy.json

The error bound of the suite allows |computed f(z) - f(z)| <= k ulp(f(z)) + a. This measures k and
a: it asks the library for all float16 and bfloat16 numbers, for float32 numbers by the hundred
million and for a sample of float64, in big arrays and in arrays shorter than a SIMD register, and
compares with the formula in wider numbers. The worst of each binade is measured again with mpmath,
where that is installed. The JSON file is written after each activation; a scan that was stopped
goes on where it was. One process uses one thread and about a gigabyte.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from datetime import date
from typing import Any, Optional

from benchmarks.activations.functions import ACTIVATIONS
from benchmarks.activations.inputs import FORMATS
from benchmarks.activations.libraries import LIBRARIES, Library, load_library
from benchmarks.activations.scan import ROW_LENGTHS, asked_of, at_the_ends, scan, scan_softmax
from benchmarks.activations.tables import declared_table, literal, measured_line, measured_table


def listed(given: str, known: tuple[str, ...], option: str) -> list[str]:
    """The names in a comma-separated list; all for ``all``.

    Raises:
        SystemExit: a name is not known.
    """
    if given == "all":
        return list(known)
    names = given.split(",")
    for name in names:
        if name not in known:
            sys.exit(f"{option}: there is no {name!r}; there are {', '.join(known)}")
    return names


def rows_of(
    library: Library, modes: list[str], activation: str, dtype: str, every: int
) -> list[dict[str, Any]]:
    """What was found of an activation in a dtype, a row for each mode; none that is not offered."""
    form = FORMATS[dtype]
    offered = {mode: library.evaluation(activation, dtype, mode) for mode in modes}
    evaluations = {mode: found for mode, found in offered.items() if found is not None}
    for mode in modes:
        if mode not in evaluations:
            print(f"{activation} {dtype} {mode}: {library.name} does not offer it")
    if not evaluations:
        return []
    started = time.perf_counter()
    if activation == "softmax":
        found = {mode: scan_softmax(asked, form) for mode, asked in evaluations.items()}
        scanned = f"normal rows of {', '.join(map(str, ROW_LENGTHS))} units"
    else:
        found = scan(evaluations, activation, form, every)
        scanned = asked_of(activation, form, every)
        for mode, asked in evaluations.items():
            found[mode]["at the ends"] = at_the_ends(asked, activation, form)
    seconds = round((time.perf_counter() - started) / len(evaluations), 1)
    return [
        {
            "library": library.name,
            "versions": library.versions,
            "activation": activation,
            "dtype": dtype,
            "mode": mode,
            "every": every,
            "scanned": scanned,
            "date": date.today().isoformat(),
            "machine": platform.machine(),
            "seconds": seconds,
            **found[mode],
        }
        for mode in evaluations
    ]


def measure(library: Library, options: argparse.Namespace, stored: list[dict[str, Any]]) -> None:
    """Scan what is not stored yet; print and store each activation as it is done."""

    def is_stored(activation: str, dtype: str, mode: str) -> bool:
        asked = (library.name, library.versions, activation, dtype, mode, options.every)
        keys = ("library", "versions", "activation", "dtype", "mode", "every")
        return any(tuple(row[key] for key in keys) == asked for row in stored)

    print(measured_line())
    for activation in options.activations:
        for dtype in options.dtypes:
            modes = [mode for mode in options.modes if not is_stored(activation, dtype, mode)]
            rows = rows_of(library, modes, activation, dtype, options.every) if modes else []
            for row in rows:
                print(measured_line(row), flush=True)
            stored.extend(rows)
            if rows and options.json:
                write(options.json, stored)


def read(path: str) -> list[dict[str, Any]]:
    """The rows in a file that ``write`` made."""
    with open(path, encoding="utf-8") as file:
        rows: list[dict[str, Any]] = json.load(file)
    return rows


def write(path: str, rows: list[dict[str, Any]]) -> None:
    """Write the rows; a stop half-way leaves the old file whole."""
    with open(path + ".part", "w", encoding="utf-8") as file:
        json.dump(rows, file)
    os.replace(path + ".part", path)


def main(arguments: Optional[list[str]] = None) -> None:
    """Scan a library, or print the table of scans that are there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", default="tensorflow", choices=sorted(LIBRARIES))
    parser.add_argument("--modes", default="all", help="of the library, as eager,graph,xla")
    parser.add_argument("--dtypes", default="all", help=", ".join(FORMATS))
    parser.add_argument("--activations", default="all", help="names, separated by commas")
    parser.add_argument("--every", type=int, default=1, help="of float32 in 2^-15 <= |x| < 2^8")
    parser.add_argument("--json", metavar="FILE", help="store there, and go on from there")
    parser.add_argument("--table", metavar="FILE", nargs="+", help="scan nothing, read these")
    parser.add_argument("--markdown", action="store_true", help="the tables as Markdown")
    options = parser.parse_args(arguments)
    if options.every < 1:
        sys.exit(f"--every: must be at least 1, is {options.every}")
    if options.table:
        rows = [row for path in options.table for row in read(path)]
        print(measured_table(rows, markdown=options.markdown), end="\n\n")
    else:
        options.dtypes = listed(options.dtypes, tuple(FORMATS), "--dtypes")
        options.activations = listed(options.activations, ACTIVATIONS, "--activations")
        try:
            library = load_library(options.library)
        except ImportError as error:
            sys.exit(f"--library {options.library}: {error}")
        options.modes = listed(options.modes, library.modes, "--modes")
        rows = read(options.json) if options.json and os.path.exists(options.json) else []
        measure(library, options, rows)
        print()
    print(declared_table(rows, markdown=options.markdown), end="\n\n")
    print(literal(rows))


if __name__ == "__main__":
    main()
