"""Run every TensorFlow minor and every Keras 3 minor, one after the other, and make their page.

    python tools/versions.py [--folder DIR] [--only tf27,keras30] [-- OPTIONS OF PYTEST]

Each is an environment of tox.ini, run with `tox run -e NAME -- OPTIONS`. DIR gets NAME.json, the
report, and NAME.log, what was printed. What has a whole report of this suite there is not run
again, so that a run that was stopped goes on. At the end `tools/versions_page.py` makes
DIR/versions.html and docs/measured/versions.md. Needs tox beside this project.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Optional

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from tox_environments import environments  # noqa: E402
from versions_page import TIMES, write_pages  # noqa: E402

from conformance.reporting.json_report import ReportError, read_json  # noqa: E402
from conformance.reporting.suite import this_suite  # noqa: E402
from conformance.reporting.summary import INCOMPLETE  # noqa: E402

TOX = (sys.executable, "-m", "tox", "run", "--skip-missing-interpreters", "false", "-e")


def is_done(report: Path) -> bool:
    """Whether there is a whole report of this suite."""
    try:
        found = read_json(report)
    except ReportError:
        return False
    same = found.suite.fingerprint == this_suite().fingerprint
    return same and found.record.verdict != INCOMPLETE


def run(name: str, folder: Path, options: list[str], tox: tuple[str, ...] = TOX) -> str:
    """Run one environment; returns what came of it, in words."""
    report, log = folder / f"{name}.json", folder / f"{name}.log"
    report.unlink(missing_ok=True)
    started = time.monotonic()
    with log.open("w", encoding="utf-8") as file:
        status = subprocess.run(
            [*tox, name, "--", *options],
            cwd=ROOT,
            env={**os.environ, "CONFORMANCE_REPORTS": str(folder)},
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    seconds = time.monotonic() - started
    _remember(folder, name, seconds)
    if not report.exists():
        return f"NO REPORT (exit status {status}): {_last_line(log)}"
    return f"{read_json(report).record.verdict}, {seconds:.0f} s"


def _remember(folder: Path, name: str, seconds: float) -> None:
    times = folder / TIMES
    known = json.loads(times.read_text(encoding="utf-8")) if times.exists() else {}
    known[name] = round(seconds)
    times.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _last_line(log: Path) -> str:
    """The last line that says what is wrong."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").split("\n")]
    wrong = [line for line in lines if "error" in line.lower() or "because" in line.lower()]
    return (wrong or [line for line in lines if line] or ["nothing was printed"])[-1]


def main(arguments: Optional[list[str]] = None) -> int:
    """Run what is not done yet, then make the pages; 1 if anything has no whole report."""
    given = sys.argv[1:] if arguments is None else arguments
    at = given.index("--") if "--" in given else len(given)
    own, options = given[:at], given[at + 1 :]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=ROOT / ".tox" / "reports")
    parser.add_argument("--only", metavar="A,B", help="of the environments, all by default")
    parser.add_argument(
        "--no-page", action="store_true", help="leave docs/measured/versions.md as it is"
    )
    chosen = parser.parse_args(own)
    names = environments()
    only = names if chosen.only is None else chosen.only.split(",")
    unknown = [name for name in only if name not in names]
    if unknown:
        parser.error(f"--only: {unknown[0]!r} is not one of {', '.join(names)}")
    folder = chosen.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for name in only:
        done = is_done(folder / f"{name}.json")
        print(f"{name}: {'done before' if done else run(name, folder, options)}", flush=True)
    if not chosen.no_page:
        print("\n".join(write_pages(folder, names)))
    return 0 if all(is_done(folder / f"{name}.json") for name in only) else 1


if __name__ == "__main__":
    sys.exit(main())
