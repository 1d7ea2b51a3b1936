"""The lines above a run: what is tested, on what, how much, and how to repeat it."""

from __future__ import annotations

import os
import sys
from typing import Sequence

import conformance
from conformance.implementations.protocol import Implementation
from conformance.reporting.summary import RunRecord

#: Environment variables that change what is computed, or on what.
ENVIRONMENT = (
    "CUDA_VISIBLE_DEVICES",
    "KERAS_BACKEND",
    "TF_USE_LEGACY_KERAS",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
    "OMP_NUM_THREADS",
)


def named_versions(implementation: Implementation) -> str:
    """For example ``keras 3.15.1, tensorflow 2.21.0``; empty where no version is known."""
    return ", ".join(f"{name} {version}" for name, version in implementation.versions().items())


def header_lines(
    implementation: Implementation, modes: Sequence[str], dtypes: Sequence[str], record: RunRecord
) -> list[str]:
    """At most four lines; nothing under test is imported for them."""
    set_by_user = [f"{name}={os.environ[name]}" for name in ENVIRONMENT if name in os.environ]
    python = "Python " + ".".join(str(part) for part in sys.version_info[:3])
    tested = [implementation.name, named_versions(implementation), python]
    lines = [
        f"rnn-conformance {conformance.__version__}: {' · '.join(filter(None, tested))}",
        f"modes {', '.join(modes)} · dtypes {', '.join(dtypes)} · {implementation.threads}",
        f"profile {record.profile} · seed {record.seed} (again: {record.repeat})",
    ]
    return lines + ([f"environment: {' '.join(set_by_user)}"] if set_by_user else [])
