"""A script that checks a property itself on what was drawn, for what is no answer to a question.

Numbers of parameters, names, shapes, initial weights: it takes this project to state them for
whatever is tested, and so the script imports it.
"""

from __future__ import annotations

import ast
import dataclasses
from typing import Iterable, Iterator, Optional

import numpy as np

from conformance.checking.property import Property
from conformance.checking.results import Failure
from conformance.checking.subject import Subject
from conformance.failures.script import TRIALS, Script, of_this_project
from strategies import Cell

_TEXT = '''\
"""{sentence}: shown to be false."""
{imports}
from conformance.cells import CELLS
from conformance.checking.subject import Subject
{drawn_imports}
import {module} as properties

drawn = {drawn}
subject = Subject(
    {loaded}, {mode!r}, {dtype!r}, modes={modes!r}, cell=CELLS[{layer!r}]
)
for _ in range({times}):
    properties.{name}.conformance_property.ask_and_judge(subject, **drawn)
'''


def property_script(prop: Property, subject: Subject, failure: Failure) -> Optional[Script]:
    """The script, or None where new networks do not fail every time.

    It checks once, or twice where a network is wrong only after it was used.
    """
    if not failure.repeats:
        return None
    enough = (
        times
        for times in (1, 2)
        if all(_fails(prop, subject, failure, times) for _ in range(TRIALS))
    )
    times = next(enough, None)
    if times is None:
        return None
    imports, loaded, needs = of_this_project(subject)
    text = _TEXT.format(
        sentence=subject.titled(prop.sentence),
        imports=imports,
        drawn_imports="\n".join(sorted(imports_of(failure.drawn))),
        module=prop.function.__module__,
        drawn="dict(" + ", ".join(f"{n}={value!r}" for n, value in failure.drawn.items()) + ")",
        loaded=loaded,
        mode=subject.mode,
        dtype=subject.dtype,
        modes=subject.modes,
        layer=subject.layer,
        name=prop.name,
        times=times,
    )
    return Script(text, needs)


def imports_of(drawn: object) -> set[str]:
    """The statements that import whatever the repr of what was drawn calls."""
    parts = list(_parts(drawn))
    homes = {type(part).__name__: type(part).__module__ for part in parts}
    homes.update({repr(part): "conformance.cells" for part in parts if isinstance(part, Cell)})
    called = {node.id for node in ast.walk(ast.parse(repr(drawn))) if isinstance(node, ast.Name)}
    # What is not a class of a part is NumPy's: array, float32, nan.
    return {f"from {homes.get(name, 'numpy')} import {name}" for name in called}


def _parts(value: object) -> Iterator[object]:
    """A value, and its parts."""
    yield value
    parts: Iterable[object] = ()
    if isinstance(value, dict):
        parts = value.values()
    elif isinstance(value, (tuple, list)):
        parts = value
    elif dataclasses.is_dataclass(value):
        parts = vars(value).values()
    for part in parts:
        yield from _parts(part)


def _fails(prop: Property, subject: Subject, failure: Failure, times: int) -> bool:
    subject.run.networks.clear()
    try:
        with np.errstate(all="ignore"):
            for _ in range(times):
                prop.ask_and_judge(subject, **failure.drawn)
    except Exception:  # whatever the thing under test may raise
        return True
    return False
