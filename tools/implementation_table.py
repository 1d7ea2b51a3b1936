"""Check implementations and write what came out into docs/measured/implementations.md.

    python tools/implementation_table.py keras:jax keras:numpy --profile quick --seed 1

Each run replaces the rows of the same implementation in the same versions; the other rows stay,
because not everything can be installed in one environment. The rows are kept in
docs/measured/implementations.json, from which the table is made. A process can use one backend of
Keras only, so each implementation is checked in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any, Optional

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from conformance import check_implementation  # noqa: E402
from conformance.checking.results import CONFORMS, DEVIATES, FAILS, NOT_APPLICABLE, Result  # noqa: E402
from conformance.deviations.reading import Deviation  # noqa: E402
from conformance.from_python import Report  # noqa: E402
from conformance.implementations import load_implementation  # noqa: E402
from conformance.implementations.protocol import in_words  # noqa: E402
from strategies.profiles import PROFILES  # noqa: E402

DATA = ROOT / "docs" / "measured" / "implementations.json"
PAGE = ROOT / "docs" / "measured" / "implementations.md"
CLAUSES = [
    "recurrence",
    "activations",
    "special values",
    "options",
    "masking",
    "state",
    "wrappers",
    "modes",
    "invariances",
    "fresh network",
    "parameters",
    "shapes",
    "weights",
    "gradients",
]
#: Clauses about the layers of Keras themselves, which nothing else is asked.
OF_LAYERS = [
    "dropout",
    "initializers",
    "regularizers",
    "constraints",
    "optimizers",
    "trainable",
    "serialization",
    "invalid arguments",
]
#: The verdict of several results is the first of these among them.
GRAVEST_FIRST = [FAILS, DEVIATES, CONFORMS, NOT_APPLICABLE]


def clause_record(results: list[Result]) -> dict[str, Any]:
    """The verdict on a clause and the worst share of the bound among its results."""
    shares = [r.worst_share for r in results if r.worst_share is not None]
    return {
        "verdict": next(
            (v for v in GRAVEST_FIRST if any(r.verdict == v for r in results)), NOT_APPLICABLE
        ),
        "worst": round(max(shares), 2) if shares else None,
    }


def reasons(report: Report) -> list[str]:
    """Why each known deviation that showed is one, and the script that shows it."""
    shown = {
        name
        for result in report.results
        for name, (deviating, _) in result.deviations.items()
        if deviating
    }
    found = [known for name, known in report.deviations.items() if name in shown]
    return sorted({f"{known.reason.rstrip('.')} ({_script(known)})" for known in found})


def _script(known: Deviation) -> str:
    return known.script.relative_to(ROOT).as_posix() if known.script else "no script"


def row(name: str, profile: str, seed: int, dtypes: Optional[list[str]]) -> dict[str, Any]:
    """Check one implementation: a row of the table, one record for each dtype and clause."""
    implementation = load_implementation(name)
    wanted = [d for d in implementation.dtypes if dtypes is None or d in dtypes]
    report = check_implementation(implementation, profile=profile, seed=seed, dtypes=wanted)
    for text in report.explanations:
        print(text, end="\n\n", file=sys.stderr)
    by_dtype = {
        dtype: {
            clause: clause_record(
                [r for r in report.results if (r.clause, r.dtype) == (clause, dtype)]
            )
            for clause in CLAUSES
        }
        for dtype in wanted
    }
    return {
        "implementation": name,
        "versions": in_words(implementation.versions()),
        "python": ".".join(platform.python_version_tuple()[:2]),
        "profile": profile,
        "seed": seed,
        "modes": list(implementation.modes),
        "cases": sum(result.cases for result in report.results),
        "verdict": report.verdict,
        "reasons": reasons(report),
        "clauses": by_dtype,
    }


def page(rows: list[dict[str, Any]]) -> str:
    """The page with its table."""
    heading = ["implementation", "versions", "dtype", *CLAUSES]
    lines = [
        "# What was run",
        "",
        "Made by `tools/implementation_table.py`; do not edit. A cell is the verdict on a clause, "
        "in all modes, and the largest share of the bound that was used (a share belongs to the "
        "cases that were inside). *n/a*: not applicable, a capability is not declared.",
        "",
        "| " + " | ".join(heading) + " |",
        "|" + "---|" * len(heading),
    ]
    for entry in rows:
        for dtype, clauses in entry["clauses"].items():
            cells = [cell(clauses.get(clause)) for clause in CLAUSES]
            first = [f"`{entry['implementation']}`", entry["versions"], dtype]
            lines.append("| " + " | ".join(first + cells) + " |")
    lines += ["", "## How", "", "| implementation | Python | modes | cases | verdict | command |"]
    lines.append("|---|---|---|---|---|---|")
    for entry in rows:
        command = (
            f"`python tools/implementation_table.py {entry['implementation']} "
            f"--profile {entry['profile']} --seed {entry['seed']}`"
        )
        cells = [
            f"`{entry['implementation']}`",
            entry["python"],
            ", ".join(entry["modes"]),
            f"{entry['cases']:,}",
            entry["verdict"],
            command,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    reasons = {(reason, entry["implementation"]) for entry in rows for reason in entry["reasons"]}
    lines += ["", "## Known deviations", ""]
    for reason in sorted({reason for reason, _ in reasons}):
        where = ", ".join(f"`{name}`" for r, name in sorted(reasons) if r == reason)
        lines.append(f"- {where}: {reason}.")
    lines += [
        "",
        "Where float64 deviates, and where predict keeps old weights, what is computed instead is "
        "not judged. LiteRT with quantised "
        "weights (float16, int8) is not applicable: another arithmetic, for which no bound is "
        "derived. ONNX Runtime has the RNN operator for float32 alone, LiteRT is converted for "
        "float32 alone. Nothing was run on a GPU.",
        "",
    ]
    return "\n".join(lines)


def cell(record: Optional[dict[str, Any]]) -> str:
    """One cell of the table."""
    if record is None:  # the clause is newer than the row
        return "not run"
    if record["verdict"] == NOT_APPLICABLE:
        return "n/a"
    worst = "" if record["worst"] is None else f" {record['worst']:.2f}"
    return record["verdict"] + worst


def main() -> int:
    """Run as a command; 1 where an implementation fails."""
    parser = argparse.ArgumentParser(description="Check implementations and write the table.")
    parser.add_argument("implementations", nargs="+", metavar="NAME")
    parser.add_argument("--profile", default="quick", choices=list(PROFILES))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dtypes", help="some of float32,float64; all by default")
    options = parser.parse_args()
    if len(options.implementations) > 1:
        for name in options.implementations:
            rest = ["--profile", options.profile, "--seed", str(options.seed)]
            rest += ["--dtypes", options.dtypes] if options.dtypes else []
            subprocess.run([sys.executable, __file__, name, *rest], check=True)
        return 0
    dtypes = options.dtypes.split(",") if options.dtypes else None
    new = row(options.implementations[0], options.profile, options.seed, dtypes)
    rows = json.loads(DATA.read_text(encoding="utf-8")) if DATA.exists() else []
    same = ("implementation", "versions")
    rows = [old for old in rows if any(old[key] != new[key] for key in same)] + [new]
    rows.sort(key=lambda entry: (entry["implementation"], entry["versions"]))
    DATA.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(rows), encoding="utf-8")
    print(f"{new['implementation']} ({new['versions']}): {new['verdict']}, {new['cases']} cases")
    return int(new["verdict"] == FAILS)


if __name__ == "__main__":
    raise SystemExit(main())
