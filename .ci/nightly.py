"""What the nightly workflow needs to know: what is run, and what is new.

    python .ci/nightly.py plan SEED                           lines for $GITHUB_OUTPUT
    python .ci/nightly.py news REPORTS BEFORE.json ENVIRONMENTS

`news` prints a list in Markdown: failures, known deviations and missing reports that BEFORE.json,
of the night before, does not have; then it writes tonight's into BEFORE.json. Without a list
nothing is new.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]


def plan(seed: str) -> list[str]:
    """The environments of tox and the seed, as outputs of a step."""
    from tox_environments import environments

    if not seed.isdecimal():
        raise SystemExit(f"SEED={seed}: must be a whole number")
    return [f"environments={json.dumps(environments())}", f"seed={seed}"]


def found_in(folder: Path, environments: list[str]) -> list[str]:
    """All that is not as it should be, a sentence each."""
    from conformance.checking.results import FAILS
    from conformance.reporting.compare import compare_reports
    from conformance.reporting.json_report import ReportError, read_json

    found, reports = set(), []
    for name in environments:
        if not (folder / f"{name}.json").exists():
            found.add(f"{name}: there is no report")
    for path in sorted(folder.glob("*.json")):
        try:
            reports.append((path, read_json(path)))
        except ReportError as error:
            found.add(str(error))
    columns = []
    try:
        columns = compare_reports(reports).columns if reports else []
    except ReportError as error:
        found.add(str(error))
    for column in columns:
        found |= {f"{column.label}: shard {shard} is missing" for shard in column.missing}
        if column.not_run:
            found.add(f"{column.label}: tests were not run")
        for result in column.results.values():
            if result.verdict == FAILS:
                found.add(f"{column.label}: fails: {result.sentence}: {result.reason}")
            for name, (deviating, _) in result.deviations.items():
                if deviating:
                    found.add(f"{column.label}: deviates (known): {name}")
    return sorted(found)


def news(folder: Path, before: Path, environments: list[str]) -> list[str]:
    """What is found tonight and was not the night before, as a list; remembers tonight's."""
    found = found_in(folder, environments)
    known = json.loads(before.read_text(encoding="utf-8")) if before.exists() else []
    before.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    new = [sentence for sentence in found if sentence not in known]
    if not new:
        return [f"Nothing new; {len(found)} known failures and deviations."]
    return ["New since the night before:", "", *(f"- {sentence}" for sentence in new)]


def main(arguments: list[str]) -> int:
    """Run the command that ``arguments`` name."""
    if len(arguments) == 2 and arguments[0] == "plan":
        lines = plan(arguments[1])
    elif len(arguments) == 4 and arguments[0] == "news":
        lines = news(Path(arguments[1]), Path(arguments[2]), json.loads(arguments[3]))
    else:
        raise SystemExit(__doc__)
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
