"""The device: it is chosen before a framework is imported, and checked afterwards.

Frameworks fall back to the CPU without a word. So what was asked for is compared with the device
that results were found on (`Implementation.devices`), test by test.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import Mapping, Optional, Sequence

CHOICES = "cpu, gpu, gpu:N or auto"
#: Seconds for nvidia-smi, which takes some where a driver sleeps.
PATIENCE = 30


class DeviceError(Exception):
    """A device that does not exist; one clear sentence."""


@dataclass(frozen=True)
class Device:
    """``cpu``, or one of ``gpus`` for each worker in turn, as CUDA_VISIBLE_DEVICES names them."""

    gpus: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The word with which names of the devices begin, in small letters."""
        return "gpu" if self.gpus else "cpu"

    def __str__(self) -> str:
        if not self.gpus:
            return "cpu"
        each = ", one for each worker" if len(self.gpus) > 1 else ""
        return f"gpu {', '.join(self.gpus)}{each}"

    def variables(self, worker: int = 0) -> dict[str, str]:
        """The environment of a worker, to be set before a framework is imported.

        One GPU alone is visible to it, of which it takes only the memory that it needs, so that
        several workers fit.
        """
        if not self.gpus:
            return {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
        return {
            "CUDA_VISIBLE_DEVICES": self.gpus[worker % len(self.gpus)],
            "JAX_PLATFORMS": "cuda",
            "TF_FORCE_GPU_ALLOW_GROWTH": "true",
            "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        }

    def wrong(self, computed_on: Sequence[str]) -> Optional[str]:
        """A sentence if anything was computed elsewhere, None if not."""
        others = [d for d in computed_on if not d.lower().startswith(self.kind)]
        if not others:
            return None
        return f"it was computed on {', '.join(others)}: --device {self.kind} was asked for"


def choose_device(text: str, environment: Mapping[str, str], gpu_possible: str = "") -> Device:
    """The device that the user names.

    Args:
        text: one of `CHOICES`.
        environment: CUDA_VISIBLE_DEVICES there limits the choice.
        gpu_possible: empty where the implementation can use a GPU, else why it cannot.

    Raises:
        DeviceError: it is none of them, or there is no such device.
    """
    numbered = re.fullmatch(r"gpu:([0-9]+)", text)
    if text == "cpu":
        return Device()
    if numbered is None and text not in ("gpu", "auto"):
        raise DeviceError(f"{text}: must be {CHOICES}")
    if gpu_possible:
        if text == "auto":
            return Device()
        raise DeviceError(f"{text}: {gpu_possible}")
    gpus, where = _gpus(environment)
    if text == "auto":
        return Device(gpus)
    if not gpus:
        raise DeviceError(f"{text}: there is no GPU: {where}")
    if numbered is None:
        return Device(gpus)
    if int(numbered[1]) >= len(gpus):
        raise DeviceError(f"{text}: there are {len(gpus)} GPUs, from gpu:0: {where}")
    return Device((gpus[int(numbered[1])],))


def _gpus(environment: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """The GPUs that may be used, as CUDA names them, and how that is known."""
    program = shutil.which("nvidia-smi", path=environment.get("PATH"))
    if program is None:
        return (), "nvidia-smi, which lists them, is not installed"
    try:
        listed = subprocess.run(
            [program, "-L"], capture_output=True, text=True, timeout=PATIENCE, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        return (), f"nvidia-smi does not answer: {error}"
    gpus = re.findall(r"^GPU (\d+): .*?(?:\(UUID: (\S+)\))?$", listed, re.MULTILINE)
    limit = environment.get("CUDA_VISIBLE_DEVICES")
    if limit is None:
        return tuple(number for number, _ in gpus), f"nvidia-smi lists {len(gpus)}"
    names = {name for pair in gpus for name in pair if name}
    visible = []
    for name in limit.split(","):
        if name.strip() not in names:  # as CUDA reads it: what follows is not visible either
            break
        visible.append(name.strip())
    return tuple(visible), (
        f"nvidia-smi lists {len(gpus)}, CUDA_VISIBLE_DEVICES={limit} lets {len(visible)} be used"
    )
