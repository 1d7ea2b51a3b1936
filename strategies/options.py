"""Options of a recurrent layer and of Dense, and which of them are asked for together."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Mapping, NamedTuple, Sequence

from strategies.covering import covering_array
from strategies.masking import MASKS


class Options(NamedTuple):
    """Constructor and call arguments of a recurrent layer, and Dense's ``use_bias``; Keras's names.

    ``mask`` is the kind of mask (`strategies.masking`) that is given with a call, "none" for no
    mask; ``initial_state`` says whether the initial states are given with it. ``dropout`` is that
    of inputs and of states at once, which must not matter at inference. With ``shows_hidden`` the
    model puts out what the layer returned, beside Dense of it. The repr is Python that builds the
    options again.
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
    shows_hidden: bool = False

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

    @property
    def plain(self) -> bool:
        """Whether the layer is as the notebook has it; every step of it may be put out."""
        return not set(self.chosen) - {"return_sequences", "shows_hidden"}


#: The network of the notebook, and the same with every step put out.
PLAIN = Options()
EVERY_STEP = Options(return_sequences=True, shows_hidden=True)
#: Activations that are crossed with the options: each other one has a property of its own.
CROSSED_ACTIVATIONS = ("tanh", "relu", "sigmoid", "linear")


def factors(
    names: Sequence[str] = Options._fields, **limits: Sequence[Any]
) -> dict[str, tuple[Any, ...]]:
    """The values of each option that may be chosen, the default first.

    ``names`` are those that may differ from their default. ``limits`` gives other values for
    some of them. What is put out is none of them.
    """
    values: dict[str, tuple[Any, ...]] = {}
    for name, default in PLAIN._asdict().items():
        if name == "shows_hidden":
            continue
        if name in limits:
            values[name] = tuple(limits[name])
        elif name not in names:
            values[name] = (default,)
        else:
            values[name] = tuple(MASKS) if name == "mask" else (default, not default)
    return values


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
    enough; then every three, as far as they go (`strategies.covering`). Each network shows what the
    layer returned. A pure function of its arguments.
    """
    hashable = tuple((mode, tuple(names)) for mode, names in modes.items())
    limited = tuple((name, tuple(choices)) for name, choices in limits.items())
    rows = _crossed(number, hashable, seed, tuple(activations), limited)
    of_modes: dict[str, list[tuple[Options, str]]] = {mode: [] for mode in modes}
    for mode, options, activation in rows:
        of_modes[mode].append((options, activation))
    return of_modes


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

    options = factors()
    return tuple(
        (row["mode"], Options(**{n: row[n] for n in options}, shows_hidden=True), row["activation"])
        for row in covering_array(values, number * len(modes), seed, possible, balanced="mode")
    )
