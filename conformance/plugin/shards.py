"""A run's place among others: its shard, its device, and where it keeps failing cases."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any, NoReturn, Optional

import pytest

from conformance.checking.property import Property
from conformance.implementations.protocol import Implementation
from conformance.reporting.summary import RunRecord
from conformance.running import devices, example_database
from conformance.running.devices import Device, DeviceError, choose_device
from conformance.running.example_database import DatabaseError, Examples, open_database
from conformance.running.parts import Shard

#: Under these names the controller and its xdist workers tell each other what only one knows.
GPUS, PLANNED = "conformance_gpus", "conformance_planned"


def add_options(group: pytest.OptionGroup) -> None:
    """The options of this module."""
    group.addoption(
        "--shard", metavar="I/N", help="run the I-th of N equal shares of the run, from 1"
    )
    group.addoption(
        "--device", metavar="NAME", help=f"where is computed: {devices.CHOICES}; cpu by default"
    )
    group.addoption(
        "--example-database",
        metavar="WHERE",
        help=f"where failing cases are kept: {example_database.CHOICES}; "
        ".hypothesis/examples by default",
    )


class Machines:
    """The options, checked before any work starts.

    Raises:
        pytest.UsageError: one is wrong, or what it names is not there.
    """

    def __init__(self, config: pytest.Config, implementation: Implementation) -> None:
        self.config = config
        self.shard = _shard(config.getoption("--shard"))
        asked = config.getoption("--device")
        self.device = self._device(asked, implementation)
        if asked is not None or implementation.on_gpu:
            os.environ.update(self.device.variables(_worker_number(config)))
        # An implementation of the user's own computes where it likes, unless it was asked.
        self.checked = self.device if asked is not None or implementation.on_gpu else None
        try:
            self.examples: Examples = open_database(config.getoption("--example-database"))
        except DatabaseError as error:
            raise pytest.UsageError(f"--example-database: {error}") from error

    def _device(self, asked: Optional[str], implementation: Implementation) -> Device:
        if hasattr(self.config, "workerinput"):
            return Device(tuple(self.config.workerinput[GPUS]))
        cannot = "" if implementation.on_gpu else f"{implementation.name} cannot be told to use one"
        try:
            return choose_device(asked or "cpu", os.environ, cannot)
        except DeviceError as error:
            raise pytest.UsageError(f"--device: {error}") from error

    def told_to_worker(self) -> dict[str, Any]:
        """What an xdist worker is given."""
        return {GPUS: list(self.device.gpus)}


class ShardHooks:
    """Keeps what is this shard's and remembers the whole, so that a merge can tell what lacks."""

    def __init__(self, shard: Optional[Shard], record: RunRecord) -> None:
        self.shard, self.record = shard, record

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave the tests of the other shards to other machines; after ``-k`` has chosen."""
        if self.shard is None:
            return
        self.record.planned = [item.nodeid for item in items if _property(item) is not None]
        mine = self.shard.stretch(items, [_weight(item) for item in items])
        kept = set(mine)
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = mine

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tell the controller what the whole run is (in an xdist worker)."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[PLANNED] = self.record.planned

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Hear it from a worker (in the controller)."""
        self.record.planned = getattr(node, "workeroutput", {}).get(PLANNED) or self.record.planned


class EndHooks:
    """Lets a run that is told to end (SIGTERM, as CI does it) still write its reports.

    It ends as with Ctrl-C. The workers of xdist are ended by their controller.
    """

    def __init__(self) -> None:
        self.told = False
        if threading.current_thread() is threading.main_thread() and hasattr(signal, "SIGTERM"):
            signal.signal(signal.SIGTERM, self._interrupt)

    def _interrupt(self, *_: object) -> NoReturn:
        self.told = True
        raise KeyboardInterrupt("the run was told to end")

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self) -> None:
        """Tell it again: Python drops what is raised while it collects garbage, for example."""
        if self.told:
            self._interrupt()


def _shard(text: Optional[str]) -> Optional[Shard]:
    try:
        return None if text is None else Shard.parse(text)
    except ValueError as error:
        raise pytest.UsageError(f"--shard: {error}") from error


def _worker_number(config: pytest.Config) -> int:
    """3 for gw3, 0 without xdist."""
    name = getattr(config, "workerinput", {}).get("workerid", "gw0")
    return int("".join(filter(str.isdecimal, name)) or 0)


def _property(item: pytest.Item) -> Optional[Property]:
    return getattr(getattr(item, "function", None), "conformance_property", None)


def _weight(item: pytest.Item) -> int:
    found = _property(item)
    if found is None:
        return 1
    return found.weight(item.callspec.params["subject"])  # type: ignore[attr-defined]
