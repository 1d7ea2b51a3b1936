"""What may be chosen for a weight: an initializer, a regularizer, a constraint, with arguments."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

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


#: Those that draw no numbers.
FIXED_INITIALIZERS = ("Zeros", "Ones", "Constant", "Identity")
#: Those whose entries are independent, each with one distribution.
RANDOM_INITIALIZERS = (
    "RandomUniform",
    "RandomNormal",
    "TruncatedNormal",
    "GlorotUniform",
    "GlorotNormal",
    "HeUniform",
    "HeNormal",
    "LecunUniform",
    "LecunNormal",
    "VarianceScaling",
)
INITIALIZERS = (*FIXED_INITIALIZERS, *RANDOM_INITIALIZERS, "Orthogonal")
#: Those that make sense for a matrix only.
OF_MATRICES = ("Identity", "Orthogonal")

REGULARIZERS = ("L1", "L2", "L1L2", "OrthogonalRegularizer")
CONSTRAINTS = ("NonNeg", "MaxNorm", "UnitNorm", "MinMaxNorm")

#: What every library takes as a seed.
SEEDS = st.integers(0, 2**31 - 1)
_FACTORS = (0.5, 0.25, 0.01, 0.1, 3.0)
_DYADIC = (0.5, 0.25, 1.0, 2.0)


def initializers(
    *, matrix: bool = True, names: Sequence[str] = INITIALIZERS
) -> st.SearchStrategy[Choice]:
    """Initializers with or without arguments, seeded where they are random.

    ``matrix`` says that they are for a matrix. Shrinks towards the first of ``names``, without
    arguments.

    Raises:
        InvalidArgument: a name is unknown.
    """
    for name in names:
        check_choice("names", name, INITIALIZERS)
    chosen = [name for name in names if matrix or name not in OF_MATRICES]
    return st.sampled_from(chosen).flatmap(_initializer)


def _initializer(name: str) -> st.SearchStrategy[Choice]:
    arguments: dict[str, st.SearchStrategy[Any]] = {}
    if name == "Constant":
        arguments = {"value": st.sampled_from((0.5, -2.0, 0.1, 1e-3))}
    elif name in ("Identity", "Orthogonal"):
        arguments = {"gain": st.sampled_from((1.0, 0.5, 1.2, 3.0))}
    elif name == "RandomUniform":
        arguments = {
            "minval": st.sampled_from((-0.05, 0.0, -1.0)),
            "maxval": st.sampled_from((0.05, 1.0, 2.0)),
        }
    elif name in ("RandomNormal", "TruncatedNormal"):
        arguments = {
            "mean": st.sampled_from((0.0, 0.5, -1.0)),
            "stddev": st.sampled_from((0.05, 1.0, 0.3)),
        }
    elif name == "VarianceScaling":
        arguments = {
            "scale": st.sampled_from((1.0, 2.0, 0.1)),
            "mode": st.sampled_from(("fan_in", "fan_out", "fan_avg")),
            "distribution": st.sampled_from(("truncated_normal", "untruncated_normal", "uniform")),
        }
    plain = st.just(Choice(name, by_name=True))
    if name not in FIXED_INITIALIZERS:
        arguments["seed"] = SEEDS
    if not arguments:
        return st.one_of(plain, st.just(Choice(name)))
    return st.one_of(plain, _with_arguments(name, arguments))


def regularizers(
    *, matrix: bool = True, exact: bool = False, names: Sequence[str] = REGULARIZERS
) -> st.SearchStrategy[Choice]:
    """Regularizers. ``exact`` limits their factors to powers of two, and leaves out what rounds.

    Shrinks towards ``L1(l1=0.5)``.

    Raises:
        InvalidArgument: a name is unknown.
    """
    for name in names:
        check_choice("names", name, REGULARIZERS)
    orthogonal = matrix and not exact
    chosen = [name for name in names if orthogonal or name != "OrthogonalRegularizer"]
    factors = st.sampled_from(_DYADIC if exact else _FACTORS)

    def with_arguments(name: str) -> st.SearchStrategy[Choice]:
        if name == "OrthogonalRegularizer":
            mode = st.sampled_from(("rows", "columns"))
            return _with_arguments(name, {"factor": factors, "mode": mode})
        keys = [key for key in ("l1", "l2") if key.upper() in name]
        given = _with_arguments(name, dict.fromkeys(keys, factors))
        return given if exact else st.one_of(given, st.just(Choice(name, by_name=True)))

    return st.sampled_from(chosen).flatmap(with_arguments)


def constraints(
    *, matrix: bool = True, names: Sequence[str] = CONSTRAINTS
) -> st.SearchStrategy[Choice]:
    """Constraints, of rows or columns where they are for a ``matrix``. Shrinks towards NonNeg().

    Raises:
        InvalidArgument: a name is unknown.
    """
    for name in names:
        check_choice("names", name, CONSTRAINTS)
    axis = st.sampled_from((0, 1) if matrix else (0,))

    def with_arguments(name: str) -> st.SearchStrategy[Choice]:
        plain = st.just(Choice(name, by_name=True))
        if name == "NonNeg":
            return st.one_of(st.just(Choice(name)), plain)
        arguments: dict[str, st.SearchStrategy[Any]] = {"axis": axis}
        if name == "MaxNorm":
            arguments["max_value"] = st.sampled_from((0.5, 1.0, 2.0, 3.5))
        elif name == "MinMaxNorm":
            arguments["min_value"] = st.sampled_from((0.25, 0.0, 2.0))
            arguments["max_value"] = st.sampled_from((2.0, 3.0))
            arguments["rate"] = st.sampled_from((1.0, 0.5, 0.1))
        return st.one_of(_with_arguments(name, arguments), plain)

    return st.sampled_from(list(names)).flatmap(with_arguments)


def _with_arguments(
    name: str, arguments: dict[str, st.SearchStrategy[Any]]
) -> st.SearchStrategy[Choice]:
    values = st.tuples(*arguments.values())
    return values.map(lambda drawn: Choice(name, tuple(zip(arguments, drawn))))
