"""Known deviations: where a library is known not to do what the equations say.

They are listed in `known_deviations.toml`, each with the properties it breaks, the versions, the
condition on a case, the reason, and a script that shows it with NumPy and the library alone. Cases
under the condition are run like all others. One that deviates is counted and not reported as a
failure; an entry under which nothing deviates any more fails the run, so that the list stays true.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any, Iterable

from packaging.requirements import InvalidRequirement, Requirement

from strategies.facts import facts_elsewhere

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LIST = Path(__file__).with_name("known_deviations.toml")
#: An entry under which so many cases conform, and none deviates, is out of date.
CASES_TO_DISPROVE = 30

_FIELDS = ("name", "implementation", "properties", "versions", "when", "reason", "script")
_OPTIONAL = ("depends_on",)
_LISTS = ("implementation", "properties", "versions")
#: Everything that a condition may ask, with its value for what does not have it.
NO_FACTS = {"mode": None, "dtype": None, **facts_elsewhere()}


class DeviationError(Exception):
    """The list of known deviations is not as it must be; one clear sentence."""


@dataclass(frozen=True)
class Deviation:
    """An entry of the list.

    ``implementations`` are those that show it, ``properties`` names, or "*" for all. ``versions``
    are requirements such as ``tensorflow>=2.7``, of which each must be met. ``when`` is a Python
    expression over ``mode`` (None for what is run in all modes, or in none), ``dtype`` and what a
    case is: ``cell``, ``N``, ``T``, ``D``, ``M``, ``K``, ``activation``, ``dense_activation``,
    ``texture`` and each option by its name, and of a model with other layers the parts of its
    `Architecture`, None where there is none. It may ask the ``facts`` of whatever else is drawn,
    too (`strategies.facts`). ``depends_on`` names what cannot be asked and
    decides whether the deviation shows, such as the processor. An entry that
    depends on something is never out of date.
    """

    name: str
    implementations: tuple[str, ...]
    properties: tuple[str, ...]
    versions: tuple[Requirement, ...]
    when: CodeType
    reason: str
    script: str
    depends_on: str = ""

    def concerns(self, implementation: str, found: str, versions: dict[str, str]) -> bool:
        """Whether it may show in a property of an implementation of these versions.

        ``tf_keras`` is Keras 2 by another name, and counts as ``keras`` too.
        """
        if "tf_keras" in versions:
            versions = {"keras": versions["tf_keras"], **versions}
        return (
            implementation in self.implementations
            and not {found, "*"}.isdisjoint(self.properties)
            and all(
                r.specifier.contains(versions.get(r.name, "0"), prereleases=True)
                for r in self.versions
            )
        )

    def applies(self, **facts: Any) -> bool:
        """Whether the condition holds for a case."""
        return bool(eval(self.when, {"__builtins__": {}}, facts))


def read_deviations(path: Path = LIST) -> list[Deviation]:
    """The entries of a list.

    Raises:
        DeviationError: the file cannot be read, or an entry lacks a field or has a wrong one.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("deviation", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DeviationError(f"{path}: cannot be read: {error}") from error
    deviations = [_entry(entry, path) for entry in entries]
    names = [deviation.name for deviation in deviations]
    for name in names:
        if names.count(name) > 1:
            raise DeviationError(f"{path}: two entries are called {name}")
    return deviations


def _entry(entry: dict[str, Any], path: Path) -> Deviation:
    name = entry.get("name", "an entry without a name")
    for field in _FIELDS:
        if not entry.get(field):
            raise DeviationError(f"{path}: {name}: {field} is missing")
    fields = (*_FIELDS, *_OPTIONAL)
    unknown = sorted(set(entry) - set(fields))
    if unknown:
        raise DeviationError(f"{path}: {name}: {unknown[0]} is not one of {', '.join(fields)}")
    for field in fields:
        value = entry.get(field, "")
        texts = value if field in _LISTS and isinstance(value, list) else [value]
        if not all(isinstance(text, str) for text in texts):
            raise DeviationError(f"{path}: {name}: {field} is {value!r}: must be text")
    try:
        versions = tuple(Requirement(text) for text in _listed(entry["versions"]))
        when = compile(" ".join(entry["when"].split()), f"{path}: {name}: when", "eval")
    except (InvalidRequirement, SyntaxError) as error:
        raise DeviationError(f"{path}: {name}: {error}") from error
    for word in when.co_names:
        if word not in NO_FACTS and not hasattr(set, word):
            known = ", ".join(NO_FACTS)
            raise DeviationError(f"{path}: {name}: when asks for {word}: must be of {known}")
    return Deviation(
        name=name,
        implementations=tuple(_listed(entry["implementation"])),
        properties=tuple(_listed(entry["properties"])),
        versions=versions,
        when=when,
        reason=entry["reason"],
        script=entry["script"],
        depends_on=entry.get("depends_on", ""),
    )


def _listed(value: Any) -> Iterable[str]:
    return [value] if isinstance(value, str) else value
