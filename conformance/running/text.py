r"""Escape text from outside: names, modes, messages and options.

A name with a line end could print a line of its own ("CONFORMS in 9 cases"), an escape sequence
could hide one, and half a surrogate pair can be written into no file. Such characters are escaped
where they enter, as in Python: ``\n``, ``\x1b``, ``\ud800``.
"""

from __future__ import annotations

from typing import Any

#: Longer messages are cut.
LONGEST_MESSAGE = 1000


def one_line(text: str) -> str:
    """The text in one line, every character that cannot be printed escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def several_lines(text: str) -> str:
    """The same for text of several lines: line ends and tabs stay."""
    return "".join(c if c.isprintable() or c in "\n\t" else _escaped(c) for c in text)


def escaped(value: Any) -> Any:
    """Plain values with `one_line` of every text in them, keys included."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, list):
        return [escaped(part) for part in value]
    if isinstance(value, dict):
        return {escaped(key): escaped(part) for key, part in value.items()}
    return value


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def message_of(error: BaseException) -> str:
    """The first line of an error's message, empty where there is none; never raises."""
    lines = whole_message_of(error).strip().splitlines()
    return one_line(lines[0][:LONGEST_MESSAGE]) if lines else ""


def whole_message_of(error: BaseException) -> str:
    """An error's message as it is, in all its lines; never raises."""
    try:
        return str(error)
    except KeyboardInterrupt:
        raise
    except BaseException as broken:  # the message is from outside, too
        return f"no message: its __str__ raises {one_line(type(broken).__name__)}"


def kind_and_message(error: BaseException) -> str:
    """For example ``ValueError: units must be even``; never raises."""
    return f"{one_line(type(error).__name__)}: {message_of(error) or 'no message'}"
