"""Cases per second with several workers beside those with one, in one run.

    python benchmarks/workers.py [--workers 2] [--rounds 2] [-- OPTIONS OF PYTEST]

Each round runs the same properties with one worker and with several, start-up included; by default
the main statements about steps and ends, in the thorough profile. The number of cases is the same.
Look at the ratio, and only on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Optional

ROOT = Path(__file__).resolve().parent.parent
#: What is run unless options are given.
DEFAULT = (
    "conformance/properties/test_recurrence.py",
    "--conformance-profile=thorough",
    "--modes=graph,predict_on_batch",
    "--hypothesis-seed=1",
)


def measure(workers: int, options: list[str]) -> tuple[int, float]:
    """Cases and seconds of a run.

    Raises:
        SystemExit: the run left no report, or did not pass.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "run.json"
        command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), f"--report={report}"]
        started = time.perf_counter()
        done = subprocess.run(
            [*command, *options], cwd=ROOT, capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - started
        if done.returncode or not report.exists():
            raise SystemExit(f"the run with {workers} workers did not pass:\n{done.stdout[-2000:]}")
        return json.loads(report.read_text(encoding="utf-8"))["cases"], seconds


def main(arguments: Optional[list[str]] = None) -> None:
    """Print cases per second of each run, and their ratio."""
    given = sys.argv[1:] if arguments is None else arguments
    at = given.index("--") if "--" in given else len(given)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    chosen = parser.parse_args(given[:at])
    if chosen.workers < 2:
        parser.error(f"--workers={chosen.workers}: must be at least 2, to be compared with one")
    if chosen.rounds < 1:
        parser.error(f"--rounds={chosen.rounds}: must be at least 1")
    options = given[at + 1 :] or list(DEFAULT)
    print(f"{'workers':>7}  {'cases':>6}  {'seconds':>7}  {'cases/s':>7}  times", flush=True)
    for _ in range(chosen.rounds):
        alone = 0.0
        for workers in (1, chosen.workers):
            cases, seconds = measure(workers, options)
            alone = alone or cases / seconds
            ratio = f"{cases / seconds / alone:.2f}"
            print(
                f"{workers:7}  {cases:6}  {seconds:7.0f}  {cases / seconds:7.1f}  {ratio}",
                flush=True,
            )


if __name__ == "__main__":
    main()
