"""What becomes of results: from workers to one record, to the terminal, and into files."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Iterator, Optional, Sequence

import pytest

from conformance.checking.results import Result
from conformance.failures.description import FailureReport
from conformance.plugin.journal import FAILURE, RESULT, TROUBLE, Journal, enter
from conformance.plugin.supervisor import JOURNAL, report_of
from conformance.reporting.files import write_reports
from conformance.reporting.header import Environment
from conformance.reporting.json_report import Report, ReportError
from conformance.reporting.progress import Progress
from conformance.reporting.summary import RunRecord, summary_lines

_TRAVELLING = pytest.StashKey[dict[str, str]]()


def attach(
    item: pytest.Item, result: Result, failure: Optional[FailureReport], trouble: str = ""
) -> None:
    """Give a test the result that its report will carry, and what went wrong beside it."""
    item.stash[_TRAVELLING] = {RESULT: json.dumps(result.as_dict()), TROUBLE: trouble}
    if failure is not None:
        item.stash[_TRAVELLING][FAILURE] = json.dumps(failure.as_dict())
    item.user_properties += _for_junit(result)


class ReportHooks:
    """Of one run. In an xdist worker, ``reports`` is empty and nothing is shown or written."""

    def __init__(
        self,
        config: pytest.Config,
        record: RunRecord,
        environment: Environment,
        reports: Sequence[Path],
    ) -> None:
        self.config, self.record, self.environment = config, record, environment
        self.reports = reports
        self.is_worker = hasattr(config, "workerinput")
        self.journal = config.stash.get(JOURNAL, Journal(None))
        self.journal.write(environment=environment.as_dict())
        self.started = time.time()
        self.tests = 0
        self.written: list[str] = []
        self.progress: Optional[Progress] = None

    @property
    def terminal(self) -> Any:
        """The terminal reporter of pytest, None where that is switched off."""
        return self.config.pluginmanager.get_plugin("terminalreporter")

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Iterator[None]:
        """Send the result with the report of the test; show the script below a failure."""
        outcome: Any = yield
        travelling = item.stash.get(_TRAVELLING, None)
        if call.when == "call" and travelling is not None:
            report = outcome.get_result()
            vars(report).update(travelling)
            failure = json.loads(travelling.get(FAILURE, "{}"))
            if failure.get("script"):
                title = failure["script_path"] or "script that could not be written"
                report.sections.append((title, failure["script"]))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count all tests (without xdist)."""
        self._planned(len(session.items))

    @pytest.hookimpl(optionalhook=True, trylast=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Sequence[str]) -> None:
        """Count all tests (with xdist)."""
        self._planned(len(ids))

    def _planned(self, tests: int) -> None:
        self.tests = tests
        self.journal.write(
            expected=sorted(self.record.expected),
            planned=self.record.planned,
            not_asked=sorted(self.record.not_asked),
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Show progress in place of dots: in a terminal, where nothing else is asked for."""
        option = self.config.option
        if self.is_worker or self.terminal is None or option.verbose or option.collectonly:
            return
        if self.terminal.isatty:
            self.terminal.showfspath = False
            self.terminal._show_progress_info = False  # older pytests write [100%] into the line
            self.progress = Progress(self.record)

    def pytest_report_teststatus(self, report: pytest.TestReport) -> Optional[tuple[str, str, str]]:
        """No dot where the line of progress says more."""
        if self.progress is None or not hasattr(report, RESULT):
            return None
        return report.outcome, "", ""

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note which test is running, in case it does not come back."""
        self.journal.write(during=nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect the result of a test, from whichever process it comes."""
        if not hasattr(report, RESULT):
            return
        names = [name for name in (RESULT, FAILURE, TROUBLE) if hasattr(report, name)]
        travelled = {name: getattr(report, name) for name in names}
        enter(self.record, report.nodeid, travelled)
        self.journal.write(nodeid=report.nodeid, travelled=travelled)
        if self.progress is not None and self.tests == len(self.record.expected):
            line = self.progress.line(self.terminal._tw.fullwidth - 1)
            self.terminal.rewrite(line, erase=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the files that were asked for."""
        if self.is_worker or self.config.option.collectonly:
            return
        try:
            self.written = write_reports(self.report(), self.reports)
        except ReportError as error:
            self.written = [f"ERROR: --report: {error}"]
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def report(self) -> Report:
        """The run so far."""
        return report_of(self.record, self.environment, self.started)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The verdict, what weakens it, a line for each property, and the files written."""
        if self.is_worker or self.config.option.collectonly:
            return
        terminalreporter.section("RNN conformance")
        for line in summary_lines(self.record, terminalreporter._tw.fullwidth) + self.written:
            terminalreporter.write_line(line)


def _for_junit(result: Result) -> list[tuple[str, object]]:
    """What ``--junitxml`` writes with a test case, in words and numbers."""
    values = {
        "property": result.sentence,
        "clause": result.clause,
        "implementation": result.implementation,
        "mode": result.mode,
        "dtype": result.dtype,
        "verdict": result.verdict,
        "cases": result.cases,
        "discriminating": result.discriminating,
        "worst_share": None if result.worst_share is None else f"{result.worst_share:.4g}",
        "reason": result.reason or None,
    }
    return [(name, value) for name, value in values.items() if value is not None]
