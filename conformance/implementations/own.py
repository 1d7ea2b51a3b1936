"""What the user brings: a function, a subclass of `Implementation`, or an object of one."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from typing import Any, Iterator, Sequence

from conformance.implementations.function import FunctionImplementation
from conformance.implementations.protocol import (
    CAPABILITIES,
    OF_LAYERS,
    Implementation,
    ImplementationError,
)
from conformance.running.errors import in_one_line
from strategies import DTYPES


def load_own(name: str) -> Implementation:
    """The implementation for ``module:object``; the current folder is searched too.

    Raises:
        ImplementationError: the module does not import, has no such object, or the object cannot
            be tested.
    """
    module_name, _, path = name.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    with _one_sentence(f"{name}: module {module_name} does not import"):
        found: Any = importlib.import_module(module_name)
    with _one_sentence(f"{name}: module {module_name} does not give {path!r}"):
        for part in path.split("."):
            if not hasattr(found, part):
                raise ImplementationError(f"{name}: module {module_name} has no {path!r}")
            found = getattr(found, part)
    with _one_sentence(f"{name}: cannot be used"):
        return as_implementation(found, name)


@contextlib.contextmanager
def _one_sentence(what: str) -> Iterator[None]:
    """Let whatever the user's code raises, be it that it ends Python or skips, be one sentence."""
    try:
        yield
    except (ImplementationError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise ImplementationError(f"{what}: {in_one_line(error)}") from error


def as_implementation(thing: Any, name: str = "") -> Implementation:
    """The implementation that ``thing`` is: a function, a class or an object of a class.

    ``name`` is what it is called where it has no name of its own; by default where it is defined.

    Raises:
        ImplementationError: it is none of them, or declares what does not exist.
    """
    named = name
    if not name and callable(thing):
        name = _place(thing)
    if isinstance(thing, type):
        if not issubclass(thing, Implementation):
            raise ImplementationError(
                f"{name}: is a class that is no subclass of conformance.Implementation"
            )
        with _one_sentence(f"{name}: cannot be made without arguments"):
            thing = thing()
    if isinstance(thing, Implementation):
        if named or not _is_built_in(type(thing)):
            thing.name = _own_name(thing) or named or _place(type(thing))
        check_declared(thing)
        return thing
    if callable(thing):
        implementation = FunctionImplementation(thing, name)
        check_declared(implementation)
        return implementation
    kind = type(thing).__name__
    raise ImplementationError(
        f"{name or repr(thing)}: is {'an' if kind[0] in 'aeiou' else 'a'} {kind}: must be a "
        "function or a conformance.Implementation"
    )


def _place(thing: Any) -> str:
    """Where a function, a class or an object is defined: ``module:Class``."""
    kind = type(thing)
    module = getattr(thing, "__module__", kind.__module__)
    return f"{module}:{getattr(thing, '__qualname__', kind.__qualname__)}"


def _is_built_in(kind: type) -> bool:
    return kind.__module__.startswith("conformance.implementations.")


def _own_name(thing: Implementation) -> Any:
    """The name that the object or its class was given, and not one that a built-in one has.

    Under that name the run, and whoever repeats it, would speak of the built-in implementation.
    """
    if "name" in vars(thing) and not _is_built_in(type(thing)):
        return thing.name
    owner = next(kind for kind in type(thing).__mro__ if "name" in vars(kind))
    return "" if _is_built_in(owner) else thing.name


def check_declared(implementation: Implementation) -> None:
    """Check what an implementation says of itself.

    Raises:
        ImplementationError: a declaration names what does not exist; says which and what does.
    """
    name, modes = implementation.name, implementation.modes
    if not isinstance(name, str):
        raise ImplementationError(f"{_place(type(implementation))}: name={name!r}: must be text")
    _check_not_taken(name, implementation)
    if type(implementation).network is Implementation.network:
        raise ImplementationError(f"{name}: {type(implementation).__name__} defines no network")
    if isinstance(modes, str) or not modes or not all(isinstance(mode, str) for mode in modes):
        raise ImplementationError(f"{name}: modes={modes!r}: must be names, at least one")
    _check_names(name, "capabilities", implementation.capabilities, (*CAPABILITIES, *OF_LAYERS))
    _check_names(name, "dtypes", implementation.dtypes, DTYPES)
    _check_names(name, "costs", implementation.costs, modes)
    _check_names(name, "compiled_modes", implementation.compiled_modes, modes)
    with _one_sentence(f"{name}: versions() fails"):
        versions = implementation.versions()
    texts = isinstance(versions, dict) and all(
        isinstance(text, str) for pair in versions.items() for text in pair
    )
    if not texts:
        raise ImplementationError(f"{name}: versions() is {versions!r}: must be a dict of texts")


def _check_not_taken(name: str, implementation: Implementation) -> None:
    from conformance.implementations import IMPLEMENTATIONS  # which imports this module

    if name in IMPLEMENTATIONS and not _is_built_in(type(implementation)):
        raise ImplementationError(
            f"{_place(type(implementation))}: name={name!r}: is that of a built-in implementation"
        )


def _check_names(name: str, what: str, given: Any, choices: Sequence[str]) -> None:
    if isinstance(given, str):
        raise ImplementationError(f"{name}: {what}={given!r}: must be a collection of names")
    for entry in given:
        if entry not in choices:
            raise ImplementationError(
                f"{name}: {what}: {entry!r} is not one of {', '.join(choices)}"
            )
