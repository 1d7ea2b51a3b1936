"""What is chosen for a weight: an initializer, a regularizer or a constraint, with arguments."""

from __future__ import annotations

from typing import (
    Any,
    Callable,
    Container,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    TypeVar,
)

from hypothesis import strategies as st

from strategies._validation import check_choice


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


def choices(
    names: Sequence[str],
    arguments: Mapping[str, Mapping[str, st.SearchStrategy[Any]]],
    *,
    by_name: Container[str],
) -> st.SearchStrategy[Choice]:
    """One of ``names`` with all its ``arguments``, or as text where it is in ``by_name``.

    Shrinks towards the first of the names.

    Raises:
        InvalidArgument: ``arguments`` does not have the name.
    """
    for name in names:
        check_choice("names", name, tuple(arguments))

    def of_name(name: str) -> st.SearchStrategy[Choice]:
        values = st.tuples(*arguments[name].values())
        given = values.map(lambda drawn: Choice(name, tuple(zip(arguments[name], drawn))))
        return given | st.just(Choice(name, by_name=True)) if name in by_name else given

    return st.sampled_from(names).flatmap(of_name)


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
