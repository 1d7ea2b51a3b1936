"""``rnn-conformance score``: its options, checked before any work, and what it prints."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from platform import python_version
from typing import Any, Iterator, Optional

from conformance.faults import faults_of
from conformance.faults.numpy.controls import CONTROLS
from conformance.implementations.keras.tensorflow import KerasTensorFlow
from conformance.implementations.numpy_loop import NumpyLoop
from conformance.running.writing import check_writable, write_whole
from conformance.score.processes import cores, in_processes
from conformance.score.record import Score, ScoreError, Trial, read_score, write_score
from conformance.score.tables import markdown_lines, table_lines, trial_line
from conformance.score.trial import TrialSpec
from strategies import DTYPES
from strategies.profiles import PROFILES

#: The same cases every time, so that a score can be repeated.
SEED = 1


def add_parser(commands: Any) -> None:
    """Add the command ``score`` to the parser."""
    parser = commands.add_parser(
        "score", help="run the suite against each seeded fault: what would it notice?"
    )
    parser.add_argument("--implementation", default="keras", metavar="keras|numpy")
    parser.add_argument("--fault", nargs="+", metavar="NAME", help="these only")
    parser.add_argument("--group", nargs="+", metavar="GROUP", help="the faults of these groups")
    parser.add_argument(
        "--controls",
        nargs="*",
        metavar="NAME",
        help="the clean controls, or these of them, in place of faults (numpy)",
    )
    parser.add_argument("--conformance-profile", default="default", metavar="PROFILE")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N")
    parser.add_argument("--dtypes", metavar="A,B", help=f"of {', '.join(DTYPES)}; all by default")
    parser.add_argument(
        "--all",
        action="store_true",
        help="do not stop at the first catch: which properties catch each fault?",
    )
    parser.add_argument(
        "-n", type=int, metavar="PROCESSES", help="at a time; one for each core by default"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="keep the score there; what is in it is not rerun"
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables there")
    parser.set_defaults(command=run_score, report=None, status=0)


def run_score(options: argparse.Namespace, page: object, width: int) -> Iterator[str]:
    """Print each trial as it ends, then the tables; sets ``options.status``.

    Raises:
        FileError: an option is wrong, or a file cannot be used.
    """
    chosen = _chosen(options)
    score = _started(options)
    if options.implementation == "keras":
        faults, before = faults_of("keras"), len(chosen)
        chosen = [spec for spec in chosen if faults[spec.name].fits(score.versions)]
        if len(chosen) < before:
            yield f"{before - len(chosen)} faults are of other versions of Keras, and left out"
    done = {(trial.kind, trial.name) for trial in score.trials}
    left = [spec for spec in chosen if (spec.kind, spec.name) not in done]
    if len(left) < len(chosen):
        yield f"{len(chosen) - len(left)} of {len(chosen)} are in {options.json} already"
    for trial in in_processes(left, options.n or cores()):
        score.trials.append(trial)
        if options.json is not None:
            write_score(score, options.json)
        yield trial_line(trial)
    asked = {(spec.kind, spec.name) for spec in chosen}
    trials = [trial for trial in score.trials if (trial.kind, trial.name) in asked]
    yield from table_lines(trials)
    if options.markdown is not None:
        _write_markdown(score, trials, options)
        yield f"tables: {options.markdown}"
    options.status = 0 if all(trial.good for trial in trials) else 1


def _chosen(options: argparse.Namespace) -> list[TrialSpec]:
    """The trials that the options ask for, in the order of the catalogue."""
    implementation = options.implementation
    if implementation not in ("keras", "numpy"):
        raise ScoreError(f"--implementation: {implementation!r} is not one of keras, numpy")
    if options.conformance_profile not in PROFILES:
        named = options.conformance_profile
        raise ScoreError(f"--conformance-profile: {named!r} is not one of {', '.join(PROFILES)}")
    for name in _dtypes(options):
        if name not in DTYPES:
            raise ScoreError(f"--dtypes: {name!r} is not one of {', '.join(DTYPES)}")
    if options.n is not None and options.n < 1:
        raise ScoreError(f"-n {options.n}: must be at least 1")
    if options.controls is not None:
        return _specs(options, "control", _controls(options))
    faults = faults_of(implementation)
    names = list(faults)
    if options.group:
        groups = sorted({fault.group for fault in faults.values()})
        _check_names("--group", options.group, groups, implementation)
        names = [name for name in names if faults[name].group in options.group]
    if options.fault:
        _check_names("--fault", options.fault, list(faults), implementation)
        names = [name for name in names if name in options.fault]
        if not names:
            raise ScoreError(
                f"--fault {' '.join(options.fault)}: not in the group {' '.join(options.group)}"
            )
    return _specs(options, "fault", names)


def _dtypes(options: argparse.Namespace) -> list[str]:
    return [name for name in (options.dtypes or "").split(",") if name]


def _controls(options: argparse.Namespace) -> list[str]:
    if options.implementation != "numpy":
        raise ScoreError("--controls: these are of --implementation numpy")
    for option in ("fault", "group"):
        if getattr(options, option):
            raise ScoreError(f"--controls and --{option}: choose one of them")
    _check_names("--controls", options.controls, list(CONTROLS), "numpy")
    return [name for name in CONTROLS if name in options.controls or not options.controls]


def _check_names(option: str, names: list[str], known: list[str], implementation: str) -> None:
    for name in names:
        if name not in known:
            raise ScoreError(
                f"{option}: {name!r} is not one of those of {implementation}: {', '.join(known)}"
            )


def _specs(options: argparse.Namespace, kind: str, names: list[str]) -> list[TrialSpec]:
    return [
        TrialSpec(
            implementation=options.implementation,
            kind=kind,
            name=name,
            profile=options.conformance_profile,
            seed=options.seed,
            everything=options.all,
            dtypes=tuple(_dtypes(options)),
        )
        for name in names
    ]


def _started(options: argparse.Namespace) -> Score:
    """The score in the file if it belongs to the same run, otherwise a new score."""
    implementation = NumpyLoop() if options.implementation == "numpy" else KerasTensorFlow()
    versions = implementation.versions()
    missing = [name for name, version in versions.items() if version == "not installed"]
    if missing:
        raise ScoreError(f"--implementation keras: {' and '.join(missing)} not installed")
    for path in filter(None, (options.json, options.markdown)):
        check_writable(path)
    score = Score(
        implementation=options.implementation,
        versions=versions,
        python=python_version(),
        profile=options.conformance_profile,
        seed=options.seed,
        everything=options.all,
        started=time.strftime("%Y-%m-%d %H:%M:%S"),
        dtypes=_dtypes(options),
    )
    before: Optional[Score] = None
    if options.json is not None and options.json.exists():
        before = read_score(options.json)
        if before.key() != score.key():
            raise ScoreError(
                f"{options.json}: is a score of another run: {_differs(before, score)}"
            )
    return before or score


def _differs(before: Score, score: Score) -> str:
    name = next(name for name in Score.SAME if getattr(before, name) != getattr(score, name))
    return f"its {name} is {getattr(before, name)}, not {getattr(score, name)}"


def _write_markdown(score: Score, trials: list[Trial], options: argparse.Namespace) -> None:
    asked = Score(**{**vars(score), "trials": trials})
    parts = ["rnn-conformance score", f"--implementation {score.implementation}"]
    for option in ("fault", "group", "controls"):
        if getattr(options, option) is not None:
            parts.append(" ".join([f"--{option}", *getattr(options, option)]))
    if score.profile != "default":
        parts.append(f"--conformance-profile {score.profile}")
    if score.everything:
        parts.append("--all")
    if score.dtypes:
        parts.append(f"--dtypes {','.join(score.dtypes)}")
    text = "\n".join(markdown_lines(asked, " ".join(parts)))
    write_whole(options.markdown, text + "\n")
