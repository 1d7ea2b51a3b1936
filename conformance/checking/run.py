"""A run: what all subjects share, and the networks that they use again."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Callable, Hashable, Optional

from conformance.deviations.reading import Deviation, read_deviations
from conformance.implementations.protocol import Implementation, Network
from conformance.numerics.arithmetic import Arithmetic
from conformance.running.devices import Device
from conformance.running.example_database import Examples
from strategies import NetworkSize
from strategies.profiles import PROFILES, Profile

#: Seconds for one case. A framework's import and the first compilation take tens of them.
TIME_LIMIT = 120.0


class NetworkCache:
    """Networks are built once and used again: building one costs a hundred times more than a call.

    They are kept by implementation, size and dtype; the least recently used leave.
    """

    def __init__(self, limit: int = 64) -> None:
        self.limit = limit
        self._networks: OrderedDict[tuple[Hashable, ...], Any] = OrderedDict()

    def __len__(self) -> int:
        return len(self._networks)

    def clear(self) -> None:
        """Forget all, so that the next ones are new."""
        self._networks.clear()

    def forget(self, key: tuple[Hashable, ...]) -> None:
        """Let the next one of this key be new."""
        self._networks.pop(key, None)

    def get(self, implementation: Implementation, size: NetworkSize, dtype: str) -> Network:
        """The network of this kind, built if it is not there."""
        network: Network = self.kept(
            (implementation, size, dtype), lambda: implementation.network_for_cases(size, dtype)
        )
        return network

    def kept(self, key: tuple[Hashable, ...], build: Callable[[], Any]) -> Any:
        """What is kept under a key, built if it is not there."""
        if key not in self._networks:
            self._networks[key] = build()
            if len(self._networks) > self.limit:
                self._networks.popitem(last=False)
        self._networks.move_to_end(key)
        return self._networks[key]


@dataclass
class Run:
    """What all subjects of a run share.

    ``time_limit`` are the seconds that a case may take, None for any number. ``examples`` is where
    failing cases are kept, None for Hypothesis's own place. ``device`` is where must be computed,
    None for anywhere.
    """

    profile: Profile = PROFILES["default"]
    max_examples: Optional[int] = None
    seed: int = 0
    time_limit: Optional[float] = TIME_LIMIT
    networks: NetworkCache = field(default_factory=NetworkCache)
    arithmetics: dict[tuple[Implementation, str, tuple[str, ...]], Arithmetic] = field(
        default_factory=dict
    )
    deviations: list[Deviation] = field(default_factory=read_deviations)
    examples: Optional[Examples] = None
    device: Optional[Device] = None
