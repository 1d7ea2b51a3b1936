"""Text from outside is fit to print, to file and to send, whatever is in it."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.running.text import (
    LONGEST_MESSAGE,
    kind_and_message,
    message_of,
    one_line,
    several_lines,
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("tanh · 5 %", "tanh · 5 %"),
        ("a\nkeras CONFORMS in 9 cases", r"a\nkeras CONFORMS in 9 cases"),
        ("\x1b[2J\r\0", r"\x1b[2J\r\x00"),
        ("half \ud800", r"half \ud800"),
        ("right to left \u202e", r"right to left \u202e"),
    ],
)
def test_what_cannot_be_printed_is_escaped(text, line):
    assert one_line(text) == line


@given(st.text(st.characters()))
def test_any_text_becomes_one_printable_line_that_any_file_takes(text):
    line = one_line(text)
    assert line.isprintable()
    assert line.encode("utf-8").decode("utf-8") == line
    assert one_line(line) == line


def test_a_script_keeps_its_lines_and_tabs():
    assert several_lines("if x:\n\ty\r\ud800") == "if x:\n\ty\\r\\ud800"


def raising(error):
    class Untold(Exception):
        def __str__(self):
            raise error

    return Untold()


@pytest.mark.parametrize("error", [ValueError(), SystemExit(), asyncio.CancelledError()])
def test_a_message_that_raises_is_told_so(error):
    kind = type(error).__name__
    assert message_of(raising(error)) == f"no message: its __str__ raises {kind}"


def test_a_message_is_its_first_line_cut_where_it_is_too_long():
    assert kind_and_message(ValueError("units must be even\nand more")) == (
        "ValueError: units must be even"
    )
    assert kind_and_message(KeyError()) == "KeyError: no message"
    assert len(message_of(ValueError("x" * 10**6))) == LONGEST_MESSAGE


def test_the_user_may_still_stop_the_run():
    with pytest.raises(KeyboardInterrupt):
        message_of(raising(KeyboardInterrupt()))
