"""What is chosen for a weight: an initializer, a regularizer or a constraint, with arguments."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Optional, Sequence, TypeVar

from hypothesis import strategies as st


class Choice(NamedTuple):
    """One of Keras's objects: the name of its class, and arguments where they are not its defaults.

    ``by_name`` says that it is given as text, "glorot_uniform" for ``GlorotUniform()``. The repr is
    Python that builds it again.
    """

    name: str
    arguments: tuple[tuple[str, Any], ...] = ()
    by_name: bool = False

    def __str__(self) -> str:
        if self.by_name:
            return repr(self.text)
        return f"{self.name}({', '.join(f'{key}={value!r}' for key, value in self.arguments)})"

    def get(self, argument: str, default: Any) -> Any:
        """The value of an argument, ``default`` where it is not given."""
        return dict(self.arguments).get(argument, default)

    @property
    def text(self) -> str:
        """The name as text, in Keras's own spelling: "l1_l2" for L1L2, "non_neg" for NonNeg."""
        spelled = ""
        for i, sign in enumerate(self.name):
            starts = sign.isupper() and i > 0
            spelled += f"_{sign.lower()}" if starts else sign.lower()
        return spelled


#: A choice for each of `strategies.plain_networks.WEIGHTS`, None where there is none.
Five = tuple[Optional[Choice], ...]
Drawn = TypeVar("Drawn")


def with_arguments(
    name: str, arguments: dict[str, st.SearchStrategy[Any]]
) -> st.SearchStrategy[Choice]:
    """A choice with each of these arguments."""
    values = st.tuples(*arguments.values())
    return values.map(lambda drawn: Choice(name, tuple(zip(arguments, drawn))))


def maybe(strategy: st.SearchStrategy[Drawn], parts: int = 2) -> st.SearchStrategy[Optional[Drawn]]:
    """None one time in ``parts``."""
    return st.sampled_from([False] + [True] * (parts - 1)).flatmap(
        lambda some: strategy if some else st.none()
    )


def five(
    choices: Callable[[bool], st.SearchStrategy[Choice]], parts: int = 2
) -> st.SearchStrategy[Five]:
    """A choice for each weight, None one time in ``parts``.

    ``choices`` gives those for a matrix where it is called with True, else those for a vector.
    """
    return st.tuples(
        *(maybe(choices(matrix), parts) for matrix in (True, True, False, True, False))
    )


def traits(choices: Sequence[Optional[Choice]]) -> frozenset[str]:
    """The names of what is chosen, and "l1_l2 by name" where it is given as text."""
    chosen = [choice for choice in choices if choice is not None]
    named = {f"{choice.text} by name" for choice in chosen if choice.by_name}
    return frozenset({choice.name for choice in chosen} | named)
