"""Options of SimpleRNN and Dense, and which of them are asked for together."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Mapping, NamedTuple, Sequence

from strategies.covering import covering_array
from strategies.masking import MASKS


class Options(NamedTuple):
    """Constructor and call arguments of SimpleRNN, and Dense's ``use_bias``; Keras's names.

    ``mask`` is the kind of mask (`strategies.masking`) that is given with a call, "none" for no
    mask; ``initial_state`` says whether h_0 is given with it. ``dropout`` is that of inputs and
    of states at once, which must not matter at inference.
    """

    use_bias: bool = True
    dense_use_bias: bool = True
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False
    zero_output_for_mask: bool = False
    time_major: bool = False
    dropout: bool = False
    initial_state: bool = False
    mask: str = "none"

    def __repr__(self) -> str:
        return f"Options({', '.join(f'{name}={value!r}' for name, value in self.chosen.items())})"

    @property
    def chosen(self) -> dict[str, Any]:
        """Those that are not the default."""
        default = self._field_defaults
        return {name: value for name, value in self._asdict().items() if value != default[name]}

    @property
    def masked(self) -> bool:
        """Whether a mask is given with each call."""
        return self.mask != "none"


PLAIN = Options()
#: Activations that are crossed with the options: each other one has a property of its own.
CROSSED_ACTIVATIONS = ("tanh", "relu", "sigmoid", "linear")


def factors(
    names: Sequence[str] = Options._fields, **limits: Sequence[Any]
) -> dict[str, tuple[Any, ...]]:
    """The values of each option that may be chosen, the default first.

    ``names`` are those that may differ from their default. ``limits`` gives other values for
    some of them.
    """
    found: dict[str, tuple[Any, ...]] = {}
    for name, default in PLAIN._asdict().items():
        if name in limits:
            found[name] = tuple(limits[name])
        elif name not in names:
            found[name] = (default,)
        else:
            found[name] = tuple(MASKS) if name == "mask" else (default, not default)
    return found


def crossed(
    number: int,
    modes: Mapping[str, Sequence[str]],
    seed: int,
    activations: Sequence[str] = CROSSED_ACTIVATIONS,
    **limits: Sequence[Any],
) -> dict[str, list[tuple[Options, str]]]:
    """``number`` rows for each mode: options and an activation, all drawn together.

    ``modes`` says which options may differ from their default in each mode. Every two values of
    two options, and of an option and a mode, occur together in some row where there are rows
    enough; then every three, as far as they go (`strategies.covering`). A pure function of its
    arguments.
    """
    hashable = tuple((mode, tuple(names)) for mode, names in modes.items())
    given = tuple((name, tuple(choices)) for name, choices in limits.items())
    rows = _crossed(number, hashable, seed, tuple(activations), given)
    found: dict[str, list[tuple[Options, str]]] = {mode: [] for mode in modes}
    for mode, options, activation in rows:
        found[mode].append((options, activation))
    return found


@lru_cache(maxsize=16)  # every property of a run asks for the same
def _crossed(
    number: int,
    modes: tuple[tuple[str, tuple[str, ...]], ...],
    seed: int,
    activations: tuple[str, ...],
    limits: tuple[tuple[str, tuple[Any, ...]], ...],
) -> tuple[tuple[str, Options, str], ...]:
    """Mode, options and activation of each row."""
    allowed = {mode: factors(names, **dict(limits)) for mode, names in modes}
    values: dict[str, list[Any]] = {"mode": [m for m, _ in modes], "activation": list(activations)}
    for of_mode in allowed.values():
        for name, choices in of_mode.items():
            known = values.setdefault(name, [])
            known += [choice for choice in choices if choice not in known]

    def possible(row: dict[str, Any]) -> dict[str, Any]:
        of_mode = allowed[row["mode"]]
        return {n: v if v in of_mode.get(n, (v,)) else of_mode[n][0] for n, v in row.items()}

    return tuple(
        (row["mode"], Options(**{n: row[n] for n in Options._fields}), row["activation"])
        for row in covering_array(values, number * len(modes), seed, possible, balanced="mode")
    )
