"""Run trials in processes of their own, one for each core at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, replace
from pathlib import Path
from typing import Iterator, Sequence

import conformance
from conformance.score.record import BROKEN, Trial
from conformance.score.trial import TrialSpec, group_and_description

ROOT = Path(conformance.__file__).resolve().parent.parent
#: One thread for each process: there are as many of them as cores.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_processes(specs: Sequence[TrialSpec], processes: int) -> Iterator[Trial]:
    """Yield each trial as soon as it has ended."""
    with ThreadPoolExecutor(processes) as pool:
        asked = [pool.submit(in_a_process, spec) for spec in specs]
        try:
            for future in as_completed(asked):
                yield future.result()
        finally:  # also where nobody wants the rest
            for future in asked:
                future.cancel()


def in_a_process(spec: TrialSpec) -> Trial:
    """Run one trial. If its process dies, the trial is BROKEN, and its reason says how."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**dict.fromkeys(ONE_THREAD, "1"), **os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "conformance.score.trial", json.dumps(asdict(spec))],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    seconds = time.monotonic() - started
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        return Trial(
            spec.name, spec.kind, *group_and_description(spec), BROKEN,
            reason=f"its process ended with status {done.returncode}: {said}", seconds=seconds,
        )  # fmt: skip
    return replace(Trial(**json.loads(done.stdout.splitlines()[-1])), seconds=seconds)
