"""Known deviations: where a library is known not to do what the equations say.

They are listed in the TOML files beside this one, a file for each library. An entry has the
properties that it breaks, the versions, the condition on a case, the reason, what the library does
instead, and a script that shows it with NumPy and the library alone. Cases under the condition are
run like all others. One that deviates as stated is counted and is no failure. An entry under which
nothing deviates any more fails the run, so that the list stays true.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Collection, Iterable, Optional, Sequence, Union

from packaging.requirements import InvalidRequirement, Requirement

from conformance.deviations.conditions import Condition, ConditionError
from conformance.deviations.instead import Instead, Raised, observed
from strategies.facts import facts_elsewhere

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

#: A list for each library.
LISTS = tuple(sorted(Path(__file__).parent.glob("*.toml")))
#: An entry under which so many cases conform, and none deviates, is out of date.
CASES_TO_DISPROVE = 30

_FIELDS = ("name", "implementation", "properties", "when", "reason")
_OPTIONAL = ("versions", "script", "depends_on", "instead", "unstated")
_OF_INSTEAD = ("error", "message", "loses", "versions")
_LISTS = ("implementation", "properties", "versions", "loses")
#: Everything that a condition may ask, with its value for what does not have it.
NO_FACTS = {"mode": None, "dtype": None, **facts_elsewhere()}


class DeviationError(Exception):
    """The list of known deviations is not as it must be; one clear sentence."""


@dataclass(frozen=True)
class Deviation:
    """An entry of the list.

    ``implementations`` are those that show it, ``properties`` names, or "*" for all. ``versions``
    are requirements such as ``tensorflow>=2.7``, of which each must be met; ``when`` is a
    `Condition` over ``mode`` (None for what is run in all modes, or in none), ``dtype`` and what a
    case is: ``cell``, ``N``, ``T``, ``D``, ``M``, ``K``, ``activation``, ``dense_activation``,
    ``texture`` and each option by its name, and of a model with other layers the parts of its
    `Architecture`, None where there is none. It may ask the ``facts`` of whatever else is drawn,
    too (`strategies.facts`).

    ``instead`` has what the library may do instead. Where it is empty, any answer is excused, and
    ``unstated`` says why. ``depends_on`` names what cannot be asked and decides whether the
    deviation shows, such as the processor. An entry that depends on something is never out of date.
    """

    name: str
    implementations: tuple[str, ...]
    properties: tuple[str, ...]
    versions: tuple[Requirement, ...]
    when: Condition
    reason: str
    script: Optional[Path] = None
    depends_on: str = ""
    instead: tuple[Instead, ...] = ()
    unstated: str = ""

    def concerns(self, implementation: str, found: str, versions: dict[str, str]) -> bool:
        """Whether it may show in a property of an implementation of these versions.

        ``tf_keras`` is Keras 2 by another name, and counts as ``keras`` too.
        """
        return (
            implementation in self.implementations
            and not {found, "*"}.isdisjoint(self.properties)
            and _met(self.versions, versions)
        )

    def applies(self, **facts: Any) -> bool:
        """Whether the condition holds for a case.

        Raises:
            DeviationError: the condition asks for what the case does not have.
        """
        try:
            return self.when.holds(facts)
        except ConditionError as error:
            raise DeviationError(f"{self.name}: when: {error}") from error

    def of(self, versions: dict[str, str]) -> Deviation:
        """The same, with what these versions do instead; unstated where that is not known."""
        instead = tuple(one for one in self.instead if _met(one.versions, versions))
        return replace(self, instead=instead)

    def covers(self, observation: Union[str, Raised]) -> bool:
        """Whether a library that shows it may do this. An entry that is not stated covers all."""
        return not self.instead or any(one.covers(observation) for one in self.instead)


def explains(entry: Deviation, error: BaseException) -> bool:
    """Whether an entry states what was wrong, or is not stated."""
    return bool(explaining([entry], error))


def explaining(entries: Iterable[Deviation], error: BaseException) -> list[Deviation]:
    """The entries that together explain what was wrong with a case; none where anything is left.

    Two may be needed where two arguments are lost.
    """
    entries, observations = list(entries), observed(error)
    if not observations:
        return [entry for entry in entries if not entry.instead]
    if not all(any(entry.covers(one) for entry in entries) for one in observations):
        return []
    return [entry for entry in entries if any(entry.covers(one) for one in observations)]


def _met(requirements: Iterable[Requirement], versions: dict[str, str]) -> bool:
    if "tf_keras" in versions:
        versions = {"keras": versions["tf_keras"], **versions}
    return all(
        r.specifier.contains(versions.get(r.name, "0"), prereleases=True) for r in requirements
    )


def read_deviations(
    paths: Sequence[Path] = LISTS, properties: Optional[Collection[str]] = None
) -> list[Deviation]:
    """The entries of lists, by default of those that come with the suite.

    Where ``properties`` are given, each entry must name some of them, or all by "*".

    Raises:
        DeviationError: a file cannot be read, an entry lacks a field or has a wrong one, or two
            have one name.
    """
    deviations: dict[str, Deviation] = {}
    for path in paths:
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
            raise DeviationError(f"{path}: cannot be read: {error}") from error
        for entry in _entries(content, path):
            if entry.name in deviations:
                raise DeviationError(f"{path}: two entries are called {entry.name}")
            unknown = set(entry.properties) - {*(properties or entry.properties), "*"}
            if unknown:
                raise DeviationError(
                    f"{path}: {entry.name}: properties: there is no {min(unknown)}"
                )
            deviations[entry.name] = entry
    return list(deviations.values())


def _entries(content: dict[str, Any], path: Path) -> list[Deviation]:
    tables = content.pop("deviation", None)
    if content:
        raise DeviationError(f"{path}: {next(iter(content))} is not [[deviation]]")
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise DeviationError(f"{path}: has no [[deviation]]")
    return [_entry(table, path) for table in tables]


def _entry(table: dict[str, Any], path: Path) -> Deviation:
    where = f"{path}: {table.get('name') or 'an entry without a name'}"
    for field in _FIELDS:
        if not table.get(field):
            raise DeviationError(f"{where}: {field} is missing")
    _check(table, (*_FIELDS, *_OPTIONAL), where)
    instead = _instead(table.get("instead", []), where)
    stated = any(not one.versions for one in instead)
    if not stated and not table.get("unstated"):
        raise DeviationError(f"{where}: instead is missing: or unstated must say why it is")
    if stated and table.get("unstated"):
        raise DeviationError(
            f"{where}: unstated must not be there where instead is for all versions"
        )
    try:
        when = Condition(table["when"], tuple(NO_FACTS))
    except ConditionError as error:
        raise DeviationError(f"{where}: when: {error}") from error
    return Deviation(
        name=table["name"],
        implementations=_listed(table["implementation"]),
        properties=_listed(table["properties"]),
        versions=_requirements(table.get("versions", ()), where),
        when=when,
        reason=table["reason"],
        script=_script(table.get("script"), path, where),
        depends_on=table.get("depends_on", ""),
        instead=instead,
        unstated=table.get("unstated", ""),
    )


def _instead(tables: Any, where: str) -> tuple[Instead, ...]:
    tables = [tables] if isinstance(tables, dict) else tables
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise DeviationError(f"{where}: instead is {tables!r}: must be a table, or a list of them")
    for table in tables:
        _check(table, _OF_INSTEAD, f"{where}: instead")
        if bool(table.get("error")) == bool(table.get("loses")):
            raise DeviationError(f"{where}: instead: must have one of error and loses")
        if "message" in table and not table.get("error"):
            raise DeviationError(f"{where}: instead: message is of an error, and there is none")
    return tuple(
        Instead(
            **{name: table[name] for name in ("error", "message") if name in table},
            loses=_listed(table.get("loses", ())),
            versions=_requirements(table.get("versions", ()), f"{where}: instead"),
        )
        for table in tables
    )


def _check(table: dict[str, Any], fields: Sequence[str], where: str) -> None:
    """Every field is known, and text or a list of texts."""
    unknown = sorted(set(table) - set(fields))
    if unknown:
        raise DeviationError(f"{where}: {unknown[0]} is not one of {', '.join(fields)}")
    for field, value in table.items():
        texts = value if field in _LISTS and isinstance(value, list) else [value]
        if field != "instead" and not all(isinstance(text, str) for text in texts):
            raise DeviationError(f"{where}: {field} is {value!r}: must be text")


def _requirements(texts: Any, where: str) -> tuple[Requirement, ...]:
    try:
        return tuple(Requirement(text) for text in _listed(texts))
    except InvalidRequirement as error:
        raise DeviationError(f"{where}: versions: {' '.join(str(error).split())}") from error


def _script(name: Optional[str], path: Path, where: str) -> Optional[Path]:
    """A script lies beside its list, or beside that in ``scripts``."""
    if name is None:
        return None
    for folder in (path.parent / "scripts", path.parent):
        if (folder / name).is_file():
            return folder / name
    raise DeviationError(
        f"{where}: script: {name} is neither in {path.parent} nor in scripts there"
    )


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
