"""The environment of a run, and the lines that are printed above it."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import asdict, dataclass
from typing import Any, Sequence

import conformance
from conformance.implementations.protocol import Implementation, in_words
from conformance.reporting.summary import RunRecord
from conformance.running.text import escaped

#: Environment variables that change what is computed, or on what.
ENVIRONMENT = (
    "KERAS_BACKEND",
    "TF_USE_LEGACY_KERAS",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
    "NVIDIA_TF32_OVERRIDE",
    "TF_DETERMINISTIC_OPS",
    "TF_CUDNN_DETERMINISTIC",
    "OMP_NUM_THREADS",
)


@dataclass(frozen=True)
class Environment:
    """Everything that a reader needs in order to judge a run or to repeat it.

    ``repeat`` are the options of pytest that repeat the run; ``variables`` the environment
    variables of `ENVIRONMENT` that the user has set. ``device`` is the device that was asked for;
    each result names the devices that it was computed on. ``shard`` is "2/8", or empty where the
    run is not shared.
    """

    suite: str
    implementation: str
    versions: dict[str, str]
    python: str
    platform: str
    variables: dict[str, str]
    layers: list[str]
    modes: list[str]
    dtypes: list[str]
    threads: str
    profile: str
    seed: int
    repeat: str
    device: str = ""
    shard: str = ""

    def __post_init__(self) -> None:
        """Make text that comes from outside fit to print, to file and to send."""
        vars(self).update({name: escaped(value) for name, value in vars(self).items()})

    @classmethod
    def of(
        cls,
        implementation: Implementation,
        layers: Sequence[str],
        modes: Sequence[str],
        dtypes: Sequence[str],
        record: RunRecord,
        device: str = "",
    ) -> Environment:
        """The environment of this process. No library under test is imported."""
        return cls(
            suite=conformance.__version__,
            implementation=implementation.name,
            versions=implementation.versions(),
            python=".".join(str(part) for part in sys.version_info[:3]),
            platform=f"{platform.system()} {platform.machine()}",
            variables={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
            layers=list(layers),
            modes=list(modes),
            dtypes=list(dtypes),
            threads=implementation.threads,
            profile=record.profile,
            seed=record.seed,
            repeat=record.repeat,
            device=device,
            shard=record.shard,
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values only."""
        return asdict(self)

    @property
    def tested(self) -> str:
        """For example ``keras · keras 3.15.1, tensorflow 2.21.0 · Python 3.13.0``."""
        parts = [self.implementation, in_words(self.versions), f"Python {self.python}"]
        return " · ".join(filter(None, parts))


def header_lines(environment: Environment) -> list[str]:
    """At most four lines; layers are named where SimpleRNN is not the only one."""
    shard = f" · shard {environment.shard}" if environment.shard else ""
    repeat = environment.repeat + (f" --shard={environment.shard}" if shard else "")
    device = f" · device {environment.device}" if environment.device else ""
    named = environment.layers != ["simple_rnn"]
    layers = f"layers {', '.join(environment.layers)} · " if named else ""
    set_by_user = [f"{name}={value}" for name, value in environment.variables.items()]
    lines = [
        f"rnn-conformance {environment.suite}: {environment.tested}",
        f"{layers}modes {', '.join(environment.modes)} · dtypes {', '.join(environment.dtypes)}"
        f" · {environment.threads}{device}",
        f"profile {environment.profile} · seed {environment.seed}{shard} (again: {repeat})",
    ]
    return lines + ([f"environment: {' '.join(set_by_user)}"] if set_by_user else [])
