"""Networks are built once and used again: building one costs a hundred times more than a call."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Callable, Hashable

from conformance.implementations.protocol import Implementation, Network
from strategies import NetworkSize


class NetworkCache:
    """Networks by implementation, size, dtype and kind; the least recently used leave."""

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

    def get(
        self, implementation: Implementation, size: NetworkSize, dtype: str, sequences: bool
    ) -> Network:
        """The network of this kind, built if it is not there."""
        network: Network = self.kept(
            (implementation, size, dtype, sequences),
            lambda: implementation.network_for_cases(size, dtype, sequences=sequences),
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
