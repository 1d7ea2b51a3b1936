"""Options of a recurrent layer and of Dense, and which of them are asked for together."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Mapping, NamedTuple, Sequence

from strategies.cell import Cell
from strategies.covering import covering_array
from strategies.masking import MASKS


class Options(NamedTuple):
    """Constructor and call arguments of a recurrent layer, and Dense's ``use_bias``; Keras's names.

    ``mask`` is the kind of mask (`strategies.masking`) that is given with a call, "none" for no
    mask; ``initial_state`` says whether the initial states are given with it. ``dropout`` is that
    of inputs and of states at once, which must not matter at inference. ``reset_after`` and
    ``implementation`` are of cells that name them. With ``shows_hidden`` the model puts out what
    the layer returned, beside Dense of it. The repr is Python that builds the options again.
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
    reset_after: bool = True
    implementation: int = 2
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
#: Options that only some cells have, those of `Cell.options`.
OF_CELLS = ("reset_after", "implementation")
#: Activations that are crossed with the options: each other one has a property of its own.
CROSSED_ACTIVATIONS = {
    "activation": ("tanh", "relu", "sigmoid", "linear"),
    "recurrent_activation": ("sigmoid", "tanh", "hard_sigmoid", "hard_sigmoid_keras_2"),
}
#: The values of an option that is not a choice between True and False.
SEVERAL = {"mask": tuple(MASKS), "implementation": (2, 1)}
#: Options, and activations by the names of their arguments.
Row = tuple[Options, dict[str, str]]


def options_of_cell(cell: Cell, names: Sequence[str]) -> tuple[str, ...]:
    """Those of the names that are options of this cell's layer."""
    return tuple(name for name in names if name not in OF_CELLS or name in cell.options)


def factors(
    names: Sequence[str] = Options._fields, **limits: Sequence[Any]
) -> dict[str, tuple[Any, ...]]:
    """The values of each option that may be chosen, the default first.

    ``names`` are those that may differ from their default. ``limits`` gives other values for
    some of them. What is put out is none of them, nor are options that the cell does not have.
    """
    values: dict[str, tuple[Any, ...]] = {}
    for name, default in PLAIN._asdict().items():
        if name == "shows_hidden" or (name in OF_CELLS and name not in names):
            continue
        if name in limits:
            values[name] = tuple(limits[name])
        elif name not in names:
            values[name] = (default,)
        else:
            values[name] = SEVERAL.get(name, (default, not default))
    return values


def crossed(
    number: int,
    modes: Mapping[str, Sequence[str]],
    seed: int,
    activations: Mapping[str, Sequence[str]],
    **limits: Sequence[Any],
) -> dict[str, list[Row]]:
    """``number`` rows for each mode: options and activations, all drawn together.

    ``modes`` says which options may differ from their default in each mode, ``activations`` which
    there are for each argument. Every two values of two options, and of an option and a mode, occur
    together in some row where there are rows enough; then every three, as far as they go
    (`strategies.covering`). Each network shows what the layer returned. A pure function of its
    arguments.
    """
    of_modes: dict[str, list[Row]] = {mode: [] for mode in modes}
    arguments = (modes, activations, limits)
    hashable = (tuple((name, tuple(values)) for name, values in a.items()) for a in arguments)
    for mode, options, chosen in _crossed(number, seed, *hashable):
        of_modes[mode].append((options, dict(chosen)))
    return of_modes


#: A mapping that can be an argument of a cached function.
_Hashable = tuple[tuple[str, tuple[Any, ...]], ...]


@lru_cache(maxsize=16)  # every property of a run asks for the same
def _crossed(
    number: int, seed: int, modes: _Hashable, activations: _Hashable, limits: _Hashable
) -> tuple[tuple[str, Options, tuple[tuple[str, str], ...]], ...]:
    """Mode, options and activations of each row."""
    allowed = {mode: factors(names, **dict(limits)) for mode, names in modes}
    values: dict[str, list[Any]] = {"mode": [m for m, _ in modes]}
    values.update({argument: list(names) for argument, names in activations})
    for of_mode in allowed.values():
        for name, choices in of_mode.items():
            known = values.setdefault(name, [])
            known += [choice for choice in choices if choice not in known]

    def possible(row: dict[str, Any]) -> dict[str, Any]:
        of_mode = allowed[row["mode"]]
        return {n: v if v in of_mode.get(n, (v,)) else of_mode[n][0] for n, v in row.items()}

    options = factors()
    return tuple(
        (
            row["mode"],
            Options(**{n: row[n] for n in options if n in row}, shows_hidden=True),
            tuple((argument, row[argument]) for argument, _ in activations),
        )
        for row in covering_array(values, number * len(modes), seed, possible, balanced="mode")
    )
