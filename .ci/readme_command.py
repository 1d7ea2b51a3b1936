"""Print a command of the README, so that what is documented and what CI runs cannot differ.

    python .ci/readme_command.py conformance

The command is the code block after the line ``<!-- command: conformance -->``.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"


def command(name: str, text: str) -> str:
    """The command called ``name`` in the README's ``text``.

    Raises:
        SystemExit: there is none.
    """
    block = re.search(rf"<!-- command: {re.escape(name)} -->\n+```sh\n(.*?)```", text, re.DOTALL)
    if block is None:
        raise SystemExit(f"README.md has no code block marked <!-- command: {name} -->")
    return block[1].strip()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: readme_command.py NAME")
    print(command(sys.argv[1], README.read_text(encoding="utf-8")))
