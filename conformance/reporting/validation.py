"""Read a JSON file and check that it is a report, by the published schema.

`schema.json` beside this file is the schema. It is checked with the library jsonschema, of the
extra ``rnn-conformance[report]``: only commands that read reports need it.
"""

from __future__ import annotations

import json
import math
import reprlib
from functools import cache
from pathlib import Path
from typing import Any, Iterable

from conformance.running.text import message_of, one_line
from conformance.running.writing import FileError

FORMAT, SCHEMA = "rnn-conformance", 1
#: The published schema.
PUBLISHED = Path(__file__).with_name("schema.json")
#: A larger file is no report.
LARGEST = 2**28
_TOO_DEEP = "it is nested too deeply"


class ReportError(FileError):
    """A report that cannot be read, written or compared; one clear sentence."""


class Damaged(Exception):
    """A report is damaged. The message says where."""


def read_plain(path: Path) -> dict[str, Any]:
    """Read a report as plain values. Fields that an earlier version did not write are added.

    Raises:
        ReportError: there is no such file, or it is no report, damaged or of a newer schema.
    """
    plain = _parsed(path, _text(path))
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise ReportError(f"{path}: is not a report of rnn-conformance")
    number = plain.get("schema")
    if type(number) is int and number > SCHEMA:
        raise ReportError(
            f"{path}: has schema {number}, this rnn-conformance reads up to {SCHEMA}: update it"
        )
    try:
        _validate(plain)
    except ImportError as error:
        raise ReportError(
            f"{path}: jsonschema not installed; pip install 'rnn-conformance[report]'"
        ) from error
    except RecursionError as error:
        raise ReportError(f"{path}: is damaged: {_TOO_DEEP}") from error
    except Damaged as error:
        raise ReportError(f"{path}: is damaged: {error}") from error
    completed: dict[str, Any] = _completed(plain, published_schema())
    return completed


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ReportError(f"{path}: is larger than {LARGEST >> 20} MiB: no report is")
        return content.decode("utf-8")
    except OSError as error:
        raise ReportError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ReportError(f"{path}: is not a report of rnn-conformance: it is no text") from error
    except ValueError as error:  # a null character in the path
        raise ReportError(f"{path}: cannot be read: {message_of(error)}") from error


def _parsed(path: Path, text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ReportError(f"{path}: is no JSON, or was cut off: {error.msg} ({place})") from error
    except RecursionError as error:
        raise ReportError(f"{path}: is damaged: {_TOO_DEEP}") from error
    except (Damaged, ValueError) as error:  # ValueError: an integer of thousands of digits
        raise ReportError(f"{path}: is damaged: {message_of(error)}") from error


def _no_number(text: str) -> None:
    raise Damaged(f"{text} is no number of JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. A name that occurs twice is refused: one value would hide the other."""
    named = dict(pairs)
    if len(named) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Damaged(f"{twice!r} is given twice")
    return named


@cache
def published_schema() -> dict[str, Any]:
    """The schema as plain values."""
    schema: dict[str, Any] = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return schema


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator, validators

    # JSON Schema takes 3.0 for an integer, and the library takes infinity for a number.
    types = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {
            "integer": lambda _, value: type(value) is int,
            "number": lambda _, value: (
                type(value) is int or (type(value) is float and math.isfinite(value))
            ),
        }
    )
    return validators.extend(Draft202012Validator, type_checker=types)(published_schema())


def _validate(plain: dict[str, Any]) -> None:
    """Raises `Damaged` for the first thing that is not as the schema says."""
    for error in _validator().iter_errors(_without_sound_pairs(plain)):
        raise Damaged(_sentence(error))


def _without_sound_pairs(plain: dict[str, Any]) -> dict[str, Any]:
    """The report without its valid rows of pairs.

    They are most of a large report; the library would take half a minute for them.
    """
    coverage = plain.get("coverage")
    if not isinstance(coverage, dict):
        return plain
    shorter = {
        name: {**entry, "pairs": []}
        if isinstance(entry, dict) and _sound_pairs(entry.get("pairs"))
        else entry
        for name, entry in coverage.items()
    }
    return {**plain, "coverage": shorter}


def _sound_pairs(pairs: Any) -> bool:
    form = [str, str, str, str, int]
    return isinstance(pairs, list) and all(
        type(row) is list and [type(value) for value in row] == form and 0 <= row[4] <= 10**9
        for row in pairs
    )


def _sentence(error: Any) -> str:
    """The library's error as a sentence: the place, the value, and what it must be."""
    where = _place(error.absolute_path)
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return f"{where or 'the report'} lacks {missing!r}"
    rules = {
        "type": "must be {}",
        "enum": "must be one of {}",
        "const": "must be {}",
        "minimum": "must be at least {}",
        "maximum": "must be at most {}",
        "minItems": "must have {} values",
        "maxItems": "must have {} values",
        "pattern": "must match {}",
        "uniqueItems": "must not name one twice",
    }
    value = error.validator_value
    allowed = value if isinstance(value, list) else [value]
    rule = rules.get(error.validator, f"{error.validator} must be {{}}")
    must = rule.format(", ".join(map(str, allowed)))
    return one_line(f"{where} is {reprlib.repr(error.instance)}: {must}")


def _place(path: Iterable[Any]) -> str:
    """``results[0].cases``; the names of tests in quotes."""
    place = ""
    for step in path:
        if isinstance(step, str) and step.isidentifier():
            place += f".{step}" if place else step
        else:
            place += f"[{step!r}]"
    return place


def _completed(value: Any, schema: dict[str, Any]) -> Any:
    """A valid value with the schema's defaults, without fields that the schema lacks."""
    while "$ref" in schema:
        schema = published_schema()["$defs"][schema["$ref"].rpartition("/")[2]]
    if isinstance(value, list) and "items" in schema:
        return [_completed(part, schema["items"]) for part in value]
    if not isinstance(value, dict):
        return value
    if "additionalProperties" in schema:
        others = schema["additionalProperties"]
        return {name: _completed(part, others) for name, part in value.items()}
    return {
        name: _completed(value.get(name, part.get("default")), part)
        for name, part in schema["properties"].items()
    }
