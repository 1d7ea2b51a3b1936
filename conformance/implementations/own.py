"""What the user brings: a function, a subclass of `Implementation`, or an object of one."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any, Sequence

from conformance.cells import CELLS
from conformance.implementations.capabilities import words
from conformance.implementations.function import FunctionImplementation
from conformance.implementations.protocol import Implementation, ImplementationError
from strategies import DTYPES

#: Declarations without which there is nothing to ask.
NOT_EMPTY = ("layers", "dtypes")


def load_own(name: str) -> Implementation:
    """The implementation for ``module:object``; the current folder is searched too.

    Raises:
        ImplementationError: the module does not import, has no such object, or the object cannot
            be tested.
    """
    module_name, _, path = name.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        found: Any = importlib.import_module(module_name)
    except Exception as error:  # whatever a user's module may raise
        raise ImplementationError(
            f"{name}: module {module_name} does not import: {type(error).__name__}: {error}"
        ) from error
    for part in path.split("."):
        if not hasattr(found, part):
            raise ImplementationError(f"{name}: module {module_name} has no {path!r}")
        found = getattr(found, part)
    return as_implementation(found, name)


def as_implementation(thing: Any, name: str = "") -> Implementation:
    """The implementation that ``thing`` is: a function, a class or an object of a class.

    ``name`` is what it is called where it has no name of its own; by default where it is defined.

    Raises:
        ImplementationError: it is none of them, or declares what does not exist.
    """
    if not name and callable(thing):
        module = getattr(thing, "__module__", type(thing).__module__)
        name = f"{module}:{getattr(thing, '__qualname__', type(thing).__qualname__)}"
    if isinstance(thing, type):
        if not issubclass(thing, Implementation):
            raise ImplementationError(
                f"{name}: is a class that is no subclass of conformance.Implementation"
            )
        try:
            thing = thing()
        except Exception as error:  # whatever a user's class may raise
            raise ImplementationError(
                f"{name}: cannot be made without arguments: {type(error).__name__}: {error}"
            ) from error
    if isinstance(thing, Implementation):
        thing.name = thing.name or name or type(thing).__name__
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


def check_declared(implementation: Implementation) -> None:
    """Check what an implementation says of itself.

    Raises:
        ImplementationError: a declaration names what does not exist; says which and what does.
    """
    name, modes = implementation.name, implementation.modes
    if type(implementation).network is Implementation.network:
        raise ImplementationError(f"{name}: {type(implementation).__name__} defines no network")
    if isinstance(modes, str) or not modes or not all(isinstance(mode, str) for mode in modes):
        raise ImplementationError(f"{name}: modes={modes!r}: must be names, at least one")
    _check_names(name, "capabilities", implementation.capabilities, words())
    _check_names(name, "layers", implementation.layers, tuple(CELLS))
    _check_names(name, "dtypes", implementation.dtypes, DTYPES)
    _check_names(name, "costs", implementation.costs, modes)
    _check_names(name, "compiled_modes", implementation.compiled_modes, modes)


def _check_names(name: str, what: str, given: Any, choices: Sequence[str]) -> None:
    if isinstance(given, str):
        raise ImplementationError(f"{name}: {what}={given!r}: must be a collection of names")
    if not given and what in NOT_EMPTY:
        raise ImplementationError(f"{name}: {what}={given!r}: must be some of {', '.join(choices)}")
    for entry in given:
        if entry not in choices:
            raise ImplementationError(
                f"{name}: {what}: {entry!r} is not one of {', '.join(choices)}"
            )
