"""The pytest plugin: options, one test per property and subject, header, summary, exit status."""

from __future__ import annotations

import os
import random
import shlex
from pathlib import Path
from typing import Any, Optional, Sequence, cast

import pytest

import conformance.properties
from conformance.cells import CELLS
from conformance.checking.check import check
from conformance.checking.property import Property
from conformance.checking.results import NOT_APPLICABLE
from conformance.checking.run import TIME_LIMIT, Run
from conformance.checking.subject import Subject
from conformance.deviations.reading import LISTS, Deviation, DeviationError, read_deviations
from conformance.failures.description import describe_failure
from conformance.faults import fault_names, seeded_fault
from conformance.implementations import IMPLEMENTATIONS, load_implementation
from conformance.implementations.protocol import Implementation, ImplementationError
from conformance.plugin.reports import ReportHooks, attach
from conformance.plugin.shards import EndHooks, Machines, ShardHooks, add_options
from conformance.properties import all_properties
from conformance.reporting.files import report_path
from conformance.reporting.header import Environment, header_lines
from conformance.reporting.json_report import ReportError
from conformance.reporting.summary import KnownDeviation, RunRecord
from strategies import DTYPES
from strategies.profiles import PROFILES

PROPERTIES_FOLDER = Path(conformance.properties.__file__).parent
#: Under this name the controller hands the run's seed to the workers.
SEED = "conformance_seed"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a conformance run."""
    group = parser.getgroup("rnn-conformance", "RNN conformance")
    group.addoption(
        "--implementation",
        default="keras",
        metavar="NAME",
        help=f"what is tested: {', '.join(IMPLEMENTATIONS)}, or module:object; keras by default",
    )
    group.addoption(
        "--layers",
        metavar="A,B",
        help=f"of {', '.join(CELLS)}, or all; simple_rnn alone by default",
    )
    group.addoption("--modes", metavar="A,B", help="execution modes; all by default")
    group.addoption(
        "--dtypes", metavar="A,B", help=f"of {', '.join(DTYPES)}; all that it has by default"
    )
    group.addoption(
        "--conformance-profile",
        default="default",
        metavar="NAME",
        help=f"how many cases: {', '.join(PROFILES)}",
    )
    group.addoption(
        "--max-examples", metavar="N", help="cases for each test, instead of the profile's"
    )
    group.addoption(
        "--time-limit",
        metavar="SECONDS",
        help=f"for one case, after which it counts as hanging; {TIME_LIMIT:g} by default, 0: none",
    )
    group.addoption(
        "--known",
        action="append",
        default=[],
        metavar="FILE",
        help="known deviations of an implementation of yours, in TOML; may be given more than once",
    )
    group.addoption(
        "--fault",
        metavar="NAME",
        help="seed a fault of the catalogue into the implementation, to see it caught",
    )
    group.addoption(
        "--report",
        action="append",
        default=[],
        metavar="FILE",
        help="write the run to FILE.json or FILE.html; may be given more than once",
    )
    add_options(group)


def pytest_configure(config: pytest.Config) -> None:
    """Check every option before any work starts."""
    try:
        session = _Session(config)
        reports = _report_paths(config, session)
    except ImplementationError as error:
        raise pytest.UsageError(str(error)) from error
    except ReportError as error:
        raise pytest.UsageError(f"--report: {error}") from error
    if session.about_properties and config.getoption("dist", "no") == "load":
        # Neighbours share networks; this hands out neighbours and still balances the load.
        config.option.dist = "worksteal"
    config.pluginmanager.register(session, "rnn-conformance-session")
    if session.about_properties:
        hooks = ReportHooks(config, session.record, session.environment, reports)
        config.pluginmanager.register(hooks, "rnn-conformance-reports")
        shards = ShardHooks(session.machines.shard, session.record)
        config.pluginmanager.register(shards, "rnn-conformance-shards")
        if not session.is_worker:
            config.pluginmanager.register(EndHooks(), "rnn-conformance-end")


class _Session:
    """A conformance run: what is tested, the results so far, and what the user is told."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.is_worker = hasattr(config, "workerinput")
        self.about_properties = _aims_at_properties(config)
        implementation = load_implementation(config.getoption("--implementation"))
        if implementation.name in IMPLEMENTATIONS:  # the backend that was found, to repeat it
            config.option.implementation = implementation.name
        usual = implementation.usual_layers or implementation.layers
        self.layers = _chosen(config, "--layers", implementation.layers, usual)
        self.modes = _chosen(config, "--modes", implementation.modes)
        self.dtypes = _chosen(config, "--dtypes", implementation.dtypes)
        profile = _one_of(
            "--conformance-profile", config.getoption("--conformance-profile"), PROFILES
        )
        seed = _seed(config)
        self.machines = Machines(config, implementation)
        self.run = Run(
            profile=PROFILES[profile],
            max_examples=_max_examples(config),
            seed=seed,
            time_limit=_time_limit(config),
            examples=self.machines.examples,
            device=self.machines.checked,
            deviations=_deviations(config),
        )
        self.record = RunRecord(
            profile=profile,
            seed=seed,
            repeat=_repeat(config, seed),
            shard=str(self.machines.shard or ""),
        )
        fault = config.getoption("--fault")
        if fault is not None:
            implementation = seeded_fault(implementation, _one_of("--fault", fault, fault_names()))
        self.implementation: Implementation = implementation
        versions = implementation.versions()
        self.record.deviations = {
            d.name: KnownDeviation.of(d.of(versions)) for d in self.run.deviations
        }
        if self.about_properties and not self.is_worker:
            _check_installed(implementation)
        self.environment = Environment.of(
            implementation,
            self.layers,
            self.modes,
            self.dtypes,
            self.record,
            str(self.machines.device),
        )

    # One test for each property and subject

    def subjects(self, found: Property) -> list[Subject]:
        """The subjects that a property is checked on."""
        modes = found.modes(self.implementation, self.modes)
        # One that applies to none of the dtypes is reported as such, once.
        dtypes = [d for d in self.dtypes if found.applies_to(d)] or self.dtypes[:1]
        layers = [layer for layer in self.layers if found.is_about(layer)] or self.layers[:1]
        wholes = [
            Subject(self.implementation, mode, dtype, self.run, self.modes, cell=CELLS[layer])
            for layer in layers
            for dtype in dtypes
            for mode in modes
        ]
        return [whole.only(part) for whole in wholes for part in found.parts(whole)]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Parametrise every property with its subjects; the ids are literal."""
        found = getattr(metafunc.function, "conformance_property", None)
        if found is not None:
            subjects = self.subjects(found)
            metafunc.parametrize("subject", subjects, ids=[s.test_id for s in subjects])

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Neighbours share networks: sort by layer, dtype, mode. Warnings are no verdicts: drop."""
        for item in items:
            if _is_property(item):
                item.add_marker(pytest.mark.filterwarnings("ignore"))
        items.sort(key=lambda item: _subject_order(item) if _is_property(item) else (0, "", ""))

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Optional[bool]:
        """Check the property, attach the result to the test, fail with an explanation."""
        found = getattr(pyfuncitem.function, "conformance_property", None)
        if found is None:
            return None
        subject = cast(Subject, pyfuncitem.funcargs["subject"])
        result = check(found, subject)
        told = None
        if result.failure is not None:
            told = describe_failure(found, subject, result.failure, self.command(pyfuncitem))
        attach(pyfuncitem, result, told, self.machines.examples.trouble)
        if result.verdict == NOT_APPLICABLE:
            pytest.skip(f"not applicable: {result.reason}")
        if told is not None:
            pytest.fail(told.text, pytrace=False)
        return True

    def command(self, item: pytest.Function) -> str:
        """What runs one test again, typed where this run was started."""
        if self.config.option.pyargs:
            what = f"-p conformance.plugin --pyargs '{item.module.__name__}::{item.name}'"
        else:
            path = os.path.relpath(item.path, self.config.invocation_params.dir)
            what = f"'{Path(path).as_posix()}::{item.name}'"
        return f"pytest {what} {self.record.repeat}"

    # What the user reads

    def pytest_report_header(self) -> list[str]:
        """What is tested, with what; only where properties are run."""
        if not self.about_properties:
            return []
        return header_lines(self.environment)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give every xdist worker the seed of the run."""
        node.workerinput.update({SEED: self.run.seed, **self.machines.told_to_worker()})

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember what should be run (without xdist)."""
        self.record.expect(item.nodeid for item in session.items if _is_property(item))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Sequence[str]) -> None:
        """Remember what should be run (with xdist)."""
        self.record.expect(i for i in ids if "[" in i and _inside_properties(self.config, i))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A run in which nothing, or not everything, was executed has failed."""
        if self.is_worker or not self.about_properties or self.config.option.collectonly:
            return
        if (self.record.incomplete or self.record.out_of_date) and session.exitstatus in (
            pytest.ExitCode.OK,
            pytest.ExitCode.NO_TESTS_COLLECTED,
        ):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _deviations(config: pytest.Config) -> list[Deviation]:
    """The known deviations of libraries, and those of the user's own files."""
    try:
        own = [Path(text) for text in config.getoption("--known")]
        return read_deviations([*LISTS, *own], all_properties() if own else None)
    except DeviationError as error:
        raise pytest.UsageError(f"--known: {error}") from error


def _report_paths(config: pytest.Config, session: _Session) -> list[Path]:
    texts = [] if session.is_worker else config.getoption("--report")
    if texts and not session.about_properties:
        raise ReportError(f"{texts[0]}: there is nothing to report, the run names no property")
    return [report_path(text) for text in texts]


def _is_property(item: pytest.Item) -> bool:
    return hasattr(getattr(item, "function", None), "conformance_property")


def _subject_order(item: pytest.Item) -> tuple[int, str, str]:
    subject = item.callspec.params["subject"]  # type: ignore[attr-defined]
    return list(CELLS).index(subject.layer), subject.dtype, subject.mode or ""


def _inside_properties(config: pytest.Config, nodeid: str) -> bool:
    path = (config.rootpath / nodeid.split("::")[0]).resolve()
    return PROPERTIES_FOLDER in path.parents


def _aims_at_properties(config: pytest.Config) -> bool:
    """Whether the command line (or the configured default) names the properties."""
    for argument in config.args:
        if config.option.pyargs and argument.split("::")[0].startswith("conformance.properties"):
            return True
        path = Path(config.invocation_params.dir, argument.split("::")[0]).resolve()
        if PROPERTIES_FOLDER in (path, *path.parents) or path in PROPERTIES_FOLDER.parents:
            return True
    return False


def _chosen(
    config: pytest.Config, option: str, choices: Sequence[str], usual: Sequence[str] = ()
) -> tuple[str, ...]:
    text = config.getoption(option)
    if text is None:
        return tuple(usual or choices)
    if text == "all":
        return tuple(choices)
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise pytest.UsageError(f"{option}={text!r}: choose some of {', '.join(choices)}")
    for name in names:
        _one_of(option, name, choices)
    return tuple(name for name in choices if name in names)


def _one_of(option: str, name: str, choices: Any) -> str:
    if name not in choices:
        raise pytest.UsageError(f"{option}: {name!r} is not one of {', '.join(choices)}")
    return name


def _max_examples(config: pytest.Config) -> Optional[int]:
    text = config.getoption("--max-examples")
    if text is None:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise pytest.UsageError(f"--max-examples={text}: must be an integer, at least 1")
    return int(text)


def _time_limit(config: pytest.Config) -> Optional[float]:
    text = config.getoption("--time-limit")
    if text is None:
        return TIME_LIMIT
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise pytest.UsageError(f"--time-limit={text}: must be a number of seconds, 0 for none")
    return seconds or None


def _seed(config: pytest.Config) -> int:
    if hasattr(config, "workerinput"):
        return int(config.workerinput[SEED])
    given = config.getoption("--hypothesis-seed", default=None)
    if given is None:
        return random.SystemRandom().randrange(2**32)
    try:
        return int(given)
    except ValueError:
        raise pytest.UsageError(f"--hypothesis-seed={given}: must be an integer") from None


def _repeat(config: pytest.Config, seed: int) -> str:
    """The options that repeat this run."""
    parts = []
    for option in (
        "--implementation",
        "--fault",
        "--layers",
        "--modes",
        "--dtypes",
        "--max-examples",
        "--conformance-profile",
        "--time-limit",
        "--device",
    ):
        value = config.getoption(option)
        if value is not None and value not in ("keras", "default"):
            parts.append(f"{option}={value}")
    parts += [f"--known={shlex.quote(path)}" for path in config.getoption("--known")]
    return " ".join([*parts, f"--hypothesis-seed={seed}"])


def _check_installed(implementation: Implementation) -> None:
    missing = [
        name for name, found in implementation.versions().items() if found == "not installed"
    ]
    if missing:
        extra = f"; pip install 'rnn-conformance[{implementation.extra}]'"
        raise pytest.UsageError(
            f"--implementation {implementation.name}: {' and '.join(missing)} not installed"
            + (extra if implementation.extra else "")
        )
