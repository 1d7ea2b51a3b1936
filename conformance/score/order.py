"""The order in which properties are tried on a fault: the likely ones first."""

from __future__ import annotations

from typing import Iterable, NamedTuple, Optional

from conformance.checking.property import Property
from conformance.implementations.protocol import Implementation
from strategies import WIDE_DTYPES

#: The properties that a fault of a group should break, most likely first. What a group has none
#: of here is looked for in the clause of its name, then step by step.
LIKELY = {
    "weights": ("test_weights_",),
    "weight order": ("test_weights_",),
    "parameters": ("test_parameter_count",),
    "shapes": ("test_stated_shapes", "test_arrays"),
    "initial weights": ("test_fresh_",),
    "calls": ("test_repeating_a_call", "test_last_output", "test_arrays"),
    "precision": ("test_exact_sums", "test_every_step"),
    "activations": ("test_every_activation", "test_any_activation"),
    "special values": ("test_nan_", "test_sums_that", "test_the_sign", "test_subnormals"),
    "dense": ("test_every_step",),
    "time": ("test_every_step", "test_the_future"),
    "size": ("test_every_step", "test_last_output", "test_any_options"),
    "mask": ("test_any_options", "test_masked", "test_padding"),
    "direction": ("test_any_options",),
    "state": (
        "test_every_step",
        "test_any_options",
        "test_a_stateful",
        "test_a_network_that",
        "test_state_is_carried",
    ),
    "batch": ("test_every_step", "test_predict_in", "test_state_is_carried"),
    "unroll": ("test_any_options",),
    "inference": ("test_any_options",),
    "configuration": ("test_any_options", "test_every_activation", "test_state_is_carried"),
    "modes": ("test_modes_agree",),
    "gradients": ("test_gradients_",),
    "refusals": (
        "test_units_must",
        "test_dropout_must",
        "test_names_that",
        "test_inputs_that",
        "test_states_that",
        "test_masks_that",
        "test_lengths_that",
        "test_weights_that",
    ),
}
#: What is tried first where nothing better is known.
USUAL = ("test_every_step", "test_last_output")


class Item(NamedTuple):
    """A test of the suite: a property in one mode (or None) and one dtype."""

    prop: Property
    mode: Optional[str]
    dtype: str


def by_likelihood(properties: Iterable[Property], group: str) -> list[Property]:
    """The properties, those that a fault of this group should break first."""
    return sorted(properties, key=lambda prop: (_rank(prop, group), prop.name))


def items(implementation: Implementation, properties: Iterable[Property], group: str) -> list[Item]:
    """Every test of a run: the likely properties in float32 and float64, then all in float32.

    The rest comes last; modes come in the order of what a case costs in them.
    """
    prop = [
        Item(one, mode, dtype)
        for one in by_likelihood(properties, group)
        for dtype in implementation.dtypes
        if one.applies_to(dtype)
        for mode in one.modes(implementation, implementation.modes)
    ]
    unlikely = len(_likely(group)) + 1
    costs = implementation.costs

    def key(item: Item) -> tuple[int, int]:
        likely, narrow = _rank(item.prop, group) < unlikely, item.dtype not in WIDE_DTYPES
        first = item.dtype == "float32"
        turn = 3 if narrow else (0 if first else 1) if likely else (2 if first else 3)
        return turn, 0 if item.mode is None else costs.get(item.mode, 1)

    return sorted(prop, key=key)


def _likely(group: str) -> tuple[str, ...]:
    return LIKELY.get(group, USUAL)


def _rank(prop: Property, group: str) -> int:
    """Those of `LIKELY` in their order, then the group's own clause, then the others."""
    likely, known = _likely(group), group in LIKELY
    ranks = [i + (not known) for i, start in enumerate(likely) if prop.name.startswith(start)]
    if not known and prop.clause == group:
        return 0
    return min(ranks) if ranks else len(likely) + 1 - (prop.clause == group)
