"""What others raise, in words, whatever it is: nothing here raises for it."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Optional


def text_of(value: object) -> str:
    """``str(value)``, or that it cannot be had."""
    try:
        return str(value)
    except KeyboardInterrupt:
        raise
    except BaseException:  # whatever a method of somebody else's may raise
        return f"(a {type(value).__name__} that cannot be printed)"


def in_one_line(error: BaseException) -> str:
    """Kind and first line of the message: ``ValueError: units must be even``."""
    lines = text_of(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"


def with_place(error: BaseException) -> str:
    """The same, and where it was raised: ``ValueError: no units (layer.py, line 7)``."""
    step: Optional[TracebackType] = error.__traceback__
    if step is None:
        return in_one_line(error)
    while step.tb_next is not None:
        step = step.tb_next
    name = os.path.basename(step.tb_frame.f_code.co_filename)
    return f"{in_one_line(error)} ({name}, line {step.tb_lineno})"
