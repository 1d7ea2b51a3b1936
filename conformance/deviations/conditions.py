"""Conditions of known deviations: a small language, read from Python's expressions.

A condition says for which cases a deviation is known: ``stateful and mode in (None, 'predict')``.
It is parsed into functions when it is read. It is never executed as Python, so that a list may come
from anybody: there are no calls, no attributes and no subscripts, and a name is a fact of the case.
"""

from __future__ import annotations

import ast
import operator
from typing import Any, Callable, Collection, Mapping

#: A longer condition, or one that is nested deeper, is refused.
LONGEST, DEEPEST = 2000, 20

Facts = Mapping[str, Any]
_Function = Callable[[Facts], Any]

_ORDERS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    **_ORDERS,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda one, others: one in others,
    ast.NotIn: lambda one, others: one not in others,
}
#: No powers, and no products with text: neither time nor memory can be used up.
_ARITHMETIC: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


class ConditionError(Exception):
    """A condition is no condition, or cannot be asked of a case; one sentence names the part."""


class Condition:
    """Whether something holds for a case, by its facts.

    It is made of comparisons (``==``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``in``, ``not in``),
    ``and``, ``or``, ``not``, the arithmetic of numbers (``+``, ``-``, ``*``, ``//``, ``%``),
    tuples, constants and names. A fact that does not exist for a case is None. None is neither
    smaller nor larger than a number, nothing is in it, and what is computed from it is None.

    Args:
        text: the condition; line breaks are spaces.
        names: the facts that it may ask.

    Raises:
        ConditionError: it is no such expression, or asks for another name.
    """

    def __init__(self, text: str, names: Collection[str]) -> None:
        self.text = " ".join(text.split())
        if len(self.text) > LONGEST:
            raise ConditionError(f"has {len(self.text)} characters: at most {LONGEST} are read")
        try:
            tree = ast.parse(self.text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            why = getattr(error, "msg", None) or str(error) or "too deep"
            raise ConditionError(f"{self.text}: {why}") from None
        #: The facts that it asks for.
        self.names: frozenset[str] = frozenset(
            node.id for node in ast.walk(tree) if isinstance(node, ast.Name)
        )
        self._function = _parsed(tree, self.text, 0)
        for name in sorted(self.names):
            if name not in names:
                raise ConditionError(f"asks for {name}: must be of {', '.join(names)}")

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"

    def holds(self, facts: Facts) -> bool:
        """Whether it holds.

        Raises:
            ConditionError: the facts lack a name, or have values that cannot be compared.
        """
        return bool(self._function(facts))


def _parsed(node: ast.AST, text: str, depth: int) -> _Function:
    """The function of the facts that a part of an expression is."""
    if depth > DEEPEST:
        raise ConditionError(f"{_short(text)}: is nested more than {DEEPEST} deep")

    def parts(nodes: Collection[ast.AST]) -> list[_Function]:
        return [_parsed(inner, text, depth + 1) for inner in nodes]

    part = ast.get_source_segment(text, node) or text  # type: ignore[arg-type]
    if isinstance(node, ast.Constant):
        return _constant(node.value, part)
    if isinstance(node, ast.Name):
        return _fact(node.id)
    if isinstance(node, ast.Tuple):
        members = parts(node.elts)
        return lambda facts: tuple(member(facts) for member in members)
    if isinstance(node, ast.BoolOp):
        values, all_or_any = parts(node.values), all if isinstance(node.op, ast.And) else any
        return lambda facts: all_or_any(value(facts) for value in values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        (inner,) = parts([node.operand])
        return lambda facts: not inner(facts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _computed(operator.sub, [lambda facts: 0, *parts([node.operand])], part)
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        return _computed(_ARITHMETIC[type(node.op)], parts([node.left, node.right]), part)
    if isinstance(node, ast.Compare) and all(type(op) in _COMPARISONS for op in node.ops):
        return _compared(node, parts([node.left, *node.comparators]), part)
    raise ConditionError(f"{_short(part)}: {_kind(node)} is not allowed in a condition")


def _constant(value: Any, part: str) -> _Function:
    if value is not None and not isinstance(value, (bool, int, float, str)):
        raise ConditionError(f"{_short(part)}: must be text, a number, True, False or None")
    return lambda facts: value


def _fact(name: str) -> _Function:
    def fact(facts: Facts) -> Any:
        if name not in facts:
            raise ConditionError(f"asks for {name}, which is no fact of this case")
        return facts[name]

    return fact


def _computed(
    compute: Callable[[Any, Any], Any], operands: Collection[_Function], part: str
) -> _Function:
    def computed(facts: Facts) -> Any:
        values = [operand(facts) for operand in operands]
        if any(value is None for value in values):
            return None
        if not all(isinstance(value, (int, float)) for value in values):
            raise ConditionError(f"{_short(part)}: {values} must be numbers")
        try:
            return compute(*values)
        except (ZeroDivisionError, OverflowError) as error:
            raise ConditionError(f"{_short(part)}: {error}") from None

    return computed


def _compared(node: ast.Compare, operands: list[_Function], part: str) -> _Function:
    kinds = [type(op) for op in node.ops]

    def compared(facts: Facts) -> bool:
        values = [operand(facts) for operand in operands]
        return all(_one(kind, *pair) for kind, pair in zip(kinds, zip(values, values[1:])))

    def _one(kind: type, one: Any, other: Any) -> bool:
        if kind in _ORDERS and (one is None or other is None):
            return False
        if kind in (ast.In, ast.NotIn) and other is None:
            return kind is ast.NotIn
        try:
            return bool(_COMPARISONS[kind](one, other))
        except TypeError:
            raise ConditionError(
                f"{_short(part)}: {one!r} and {other!r} cannot be compared so"
            ) from None

    return compared


def _kind(node: ast.AST) -> str:
    """What a part is, in the words of Python: Call, Attribute, Lambda, Pow."""
    operation = getattr(node, "op", None) or next(
        (op for op in getattr(node, "ops", ()) if type(op) not in _COMPARISONS), None
    )
    return type(operation or node).__name__


def _short(part: str) -> str:
    return part if len(part) <= 60 else f"{part[:59]}…"
