"""What is drawn for a subject: cases and models, from pools of networks that properties share."""

from __future__ import annotations

import zlib
from functools import partial
from typing import Any, Optional

from hypothesis import strategies as st

from conformance.checking.subject import Subject
from conformance.numerics.activations import ACTIVATIONS
from strategies import PLAIN, WIDE_DTYPES, Case, Dimensions, Options, cases, dimensions
from strategies.options import CROSSED_ACTIVATIONS, EVERY_STEP, Row, crossed, options_of_cell
from strategies.profiles import Profile
from strategies.special_values import extreme_cases
from strategies.wrappers import Composition, architecture_sizes, compositions

#: The dimensions of cases with options: what is unrolled grows with T.
option_dimensions = partial(
    dimensions,
    max_samples=8,
    max_time_steps=12,
    max_features=12,
    max_units=12,
    max_outputs=6,
)
#: How cases with options are filled: what can be judged at the end of a sequence as well.
OPTION_TEXTURES = ("normal", "glorot", "one_hot", "sparse")


def plain_sizes(
    subject: Subject, activations: tuple[str, ...] = ("tanh",), options: Options = PLAIN
) -> st.SearchStrategy[Dimensions]:
    """Dimensions from a pool of network sizes, a third as many for 16-bit dtypes.

    Where there are fewer of them than activations, other modes and dtypes have the others.
    """
    first = _networks_before(subject) % len(activations)
    activations = (*activations[first:], *activations[:first])
    return dimensions(
        subject.cell,
        max_networks=_networks(subject, subject.dtype),
        one_batch_per_network=subject.compiled,
        pool_seed=subject.run.seed % 2**32,  # NumPy wants no negative ones
        activations=activations,
        dense_activations=("linear",) if activations == ("tanh",) else activations,
        options=((options, {}),),
    )


def _networks(subject: Subject, dtype: str) -> int:
    networks = subject.run.profile.networks
    return networks if dtype in WIDE_DTYPES else -(-networks // 3)


def _networks_before(subject: Subject) -> int:
    """How many networks the modes and dtypes before this one have."""
    dtypes = subject.implementation.dtypes
    sizes = [_networks(subject, dtype) for dtype in dtypes]
    mode = subject.modes.index(subject.mode) if subject.mode in subject.modes else 0
    return mode * sum(sizes) + sum(sizes[: dtypes.index(subject.dtype)])


def plain_cases(
    subject: Subject, *textures: str, every_step: bool = False
) -> st.SearchStrategy[Case]:
    """Cases of the notebook's network, of all textures or of some; its steps are put out or not."""
    sizes = plain_sizes(subject, options=EVERY_STEP if every_step else PLAIN)
    return cases(sizes, dtype=subject.dtype, textures=textures or None)


def activated_cases(subject: Subject, *, every_step: bool = False) -> st.SearchStrategy[Case]:
    """Cases with any of the activations that the implementation has."""
    options = EVERY_STEP if every_step else PLAIN
    return cases(plain_sizes(subject, subject.activations, options), dtype=subject.dtype)


def differentiable_cases(subject: Subject) -> st.SearchStrategy[Case]:
    """Cases that put out every step, with any activation that has a slope for each entry."""
    activations = tuple(name for name in subject.activations if ACTIVATIONS[name].elementwise)
    return cases(plain_sizes(subject, activations, EVERY_STEP), dtype=subject.dtype)


def special_cases(
    subject: Subject, kind: str, *, every_step: bool = False
) -> st.SearchStrategy[Case]:
    """Cases at an end of the dtype (`strategies.special_values`), with any activation."""
    options = EVERY_STEP if every_step else PLAIN
    sizes = plain_sizes(subject, subject.activations, options)
    return extreme_cases(kind, sizes, dtype=subject.dtype)


def option_cases(
    subject: Subject, mode: Optional[str] = None, **wanted: bool
) -> st.SearchStrategy[Case]:
    """Cases with all options together, those ``wanted`` with the given value.

    They are those of ``mode``, or of the subject's. The networks are the same for all properties,
    as far as they have what is wanted.
    """
    rows = _rows(subject, mode or subject.first_mode)
    return _option_cases(subject, _wanted(rows, wanted), len(rows))


def differentiable_option_cases(subject: Subject, **wanted: bool) -> st.SearchStrategy[Case]:
    """Cases with all options together that put out every step, and remember nothing."""
    rows = _rows(subject, subject.first_mode)
    shown: dict[str, Any] = {"return_sequences": True, "stateful": False, "time_major": False}
    chosen = [(options._replace(**shown), name) for options, name in _wanted(rows, wanted)]
    return _option_cases(subject, chosen, len(rows))


def _option_cases(subject: Subject, chosen: list[Row], networks: int) -> st.SearchStrategy[Case]:
    sizes = option_dimensions(
        subject.cell,
        max_networks=networks,
        one_batch_per_network=subject.compiled,
        pool_seed=subject.run.seed % 2**32,
        options=chosen,
    )
    return cases(sizes, dtype=subject.dtype, textures=OPTION_TEXTURES)


def networks_of_a_mode(profile: Profile) -> int:
    """How many networks with options a mode has: in a default run enough for every pair."""
    return profile.networks + 2


def _wanted(rows: list[Row], wanted: dict[str, Any]) -> list[Row]:
    """The rows that have what is wanted; where there is none, two are changed so that they do."""
    chosen = [row for row in rows if all(getattr(row[0], n) == v for n, v in wanted.items())]
    if chosen:
        return chosen
    changes = dict(wanted)
    if changes.pop("masked", False):
        changes["mask"] = "holes"
    return [(options._replace(**changes), name) for options, name in rows[:2]]


def _rows(subject: Subject, mode: str) -> list[Row]:
    """The options of the networks of a mode in this dtype, each with an activation.

    The wide dtypes share what a mode has: together they have every pair. Options of other cells are
    left out.
    """
    modes = {
        mode: options_of_cell(subject.cell, subject.implementation.options(mode))
        for mode in subject.modes
    }
    activations = {
        argument: [
            name
            for name in CROSSED_ACTIVATIONS[argument]
            if name == default or name in subject.activations
        ]
        for argument, default in subject.cell.activations
    }
    number = networks_of_a_mode(subject.run.profile)
    rows = crossed(number, modes, subject.run.seed % 2**32, activations)[mode]
    if subject.dtype in WIDE_DTYPES:
        return rows[WIDE_DTYPES.index(subject.dtype) :: len(WIDE_DTYPES)]
    first = zlib.crc32(subject.dtype.encode()) % len(rows)
    return (rows[first:] + rows[:first])[: max(1, len(rows) // 4)]


def models(subject: Subject, *, stateful: bool) -> st.SearchStrategy[Composition]:
    """Models of this mode and dtype; together those of all have nearly every pair of parts."""
    turns = [(mode, dtype) for mode in subject.modes for dtype in WIDE_DTYPES]
    mine = turns.index((subject.first_mode, subject.dtype))
    number = max(subject.run.profile.networks * len(subject.modes), len(turns))
    sizes = architecture_sizes(subject.cell, number, subject.run.seed % 2**32, stateful)
    return compositions(
        dtype=subject.dtype,
        sizes=st.sampled_from(sizes[mine :: len(turns)]),
        max_samples=1 if subject.compiled else 5,
    )
