"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Iterator

from conformance.running.text import message_of, one_line


class FileError(Exception):
    """A file or an option that cannot be used; one clear sentence."""

    def __init__(self, sentence: str) -> None:
        super().__init__(one_line(sentence))


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an error of the file system into a `FileError` that names the path."""
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        reason = getattr(error, "strerror", None) or message_of(error)
        raise FileError(f"{path}: cannot be written: {reason}") from error


def write_whole(path: Path, text: str) -> None:
    """Write a text file; if that fails, what was there before stays as it was.

    Raises:
        FileError: it cannot be written there.
    """
    with writing(path):
        temporary = _temporary(
            path.parent, f".{path.name[:100]}.", text.encode("utf-8", "backslashreplace")
        )
        try:
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(temporary, 0o666 & ~umask)  # a temporary file is its owner's alone
            os.replace(temporary, path)
        except OSError:
            os.unlink(temporary)
            raise


def check_writable(path: Path) -> None:
    """Check that a file can be written to this path.

    Raises:
        FileError: it cannot.
    """
    with writing(path):
        if path.is_dir():
            raise FileError(f"{path}: cannot be written: it is a folder")
        try_folder(path.parent)


def try_folder(folder: Path) -> None:
    """Write a file into a folder, and remove it.

    It has a name of its own and follows no link: nothing that is there is touched, and several
    processes may try at once.

    Raises:
        OSError: nothing can be written there.
    """
    os.unlink(_temporary(folder, ".rnn-conformance-", b"rnn-conformance"))


def _temporary(folder: Path, prefix: str, content: bytes) -> str:
    """The name of a new file with this content. No file is left if writing fails."""
    number, name = tempfile.mkstemp(prefix=prefix, dir=folder)
    try:
        with open(number, "wb") as file:
            file.write(content)
    except OSError:
        os.unlink(name)
        raise
    return name
