"""What Keras's own tests of these layers notice: the same faults, seeded into Keras 3.

    python benchmarks/keras_own_tests.py --json own.json        # all faults; goes on where it was
    python benchmarks/keras_own_tests.py --fault no_bias

Each fault is patched into a process of its own, which then runs the test files that Keras's wheel
brings. What fails without any fault is left out, and so are tests of quantised layers, which take
more time than all others together and which no fault concerns.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, Optional

FILES = (
    "keras.src.layers.rnn.simple_rnn_test",
    "keras.src.layers.rnn.rnn_test",
    "keras.src.layers.rnn.bidirectional_test",
    "keras.src.layers.rnn.time_distributed_test",
    "keras.src.layers.core.dense_test",
)
#: In the names of tests of quantised layers.
QUANTISED = ("quantiz", "int4", "int8", "float8", "lora")
#: Under this name the plugin, which is this module, is told the fault.
FAULT = "CONFORMANCE_FAULT"
ROOT = Path(__file__).resolve().parent.parent
#: A fault that makes a test hang is noticed.
TIME_LIMIT = 1800


def pytest_configure(config: Any) -> None:
    """Seed the fault into Keras before Keras's tests are collected."""
    from conformance.faults import FAULTS
    from conformance.implementations.keras.tensorflow import load_tensorflow

    tf = load_tensorflow()
    if os.environ.get(FAULT):
        FAULTS[os.environ[FAULT]].keras(tf)


def own_tests(fault: Optional[str], without: list[str]) -> dict[str, Any]:
    """Run Keras's tests: all of them without a fault, else to the first that fails."""
    paths = [str(ROOT), str(ROOT / "benchmarks")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), FAULT: fault or ""}
    names = [*QUANTISED, *(test.split("::")[-1].split("[")[0] for test in without)]
    first = ["-x"] if fault else []
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pytest.ini").write_text("[pytest]\n")
        left_out = ["-k", " and ".join(f"not {name}" for name in names)]
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "keras_own_tests", "-p", "no:cacheprovider",
             "-p", "no:randomly", "-q", "-rfE", "--tb=no", *first, *left_out, "--pyargs", *FILES],
            cwd=folder, env=environment, capture_output=True, encoding="utf-8",
            errors="replace", timeout=TIME_LIMIT,
        )  # fmt: skip
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, flags=re.MULTILINE)
    if done.returncode not in (0, 1):
        last = (done.stdout + done.stderr).strip().splitlines()[-1]
        raise SystemExit(f"Keras's tests could not be run with {fault or 'no fault'}: {last}")
    return {"failed": failed, "seconds": time.monotonic() - started}


def main() -> None:
    """Run all that is asked and print what was noticed."""
    from conformance.faults import faults_of
    from conformance.score.processes import cores

    faults = faults_of("keras")
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--fault", nargs="+", choices=list(faults), metavar="NAME")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("-n", type=int, default=cores(), metavar="PROCESSES")
    options = parser.parse_args()
    found: dict[str, Any] = {}
    if options.json is not None and options.json.exists():
        found = json.loads(options.json.read_text(encoding="utf-8"))
    if "" not in found:
        found[""] = own_tests(None, [])
    healthy = found[""]["failed"]
    print(f"without a fault: {len(healthy)} fail, and are left out")
    left = [name for name in options.fault or faults if name not in found]
    with ThreadPoolExecutor(options.n) as pool:
        asked = {pool.submit(own_tests, name, healthy): name for name in left}
        for future in as_completed(asked):
            found[asked[future]] = future.result()
            if options.json is not None:
                options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
            by = found[asked[future]]["failed"]
            print(
                f"{'noticed' if by else 'MISSED':8s}{asked[future]} {by[0] if by else ''}",
                flush=True,
            )
    print("\n".join(table(found, faults)))


def table(found: dict[str, Any], faults: dict[str, Any]) -> list[str]:
    """By group, in Markdown: how many faults there are, and how many were noticed."""
    groups = sorted({faults[name].group for name in found if name in faults})
    lines = ["| group | faults | noticed by Keras's own tests |", "|---|---|---|"]
    total = noticed = 0
    for group in groups:
        names = [name for name in found if name in faults and faults[name].group == group]
        some = sum(bool(found[name]["failed"]) for name in names)
        lines.append(f"| {group} | {len(names)} | {some} |")
        total, noticed = total + len(names), noticed + some
    return [*lines, f"| all | {total} | {noticed} |"]


if __name__ == "__main__":
    main()
