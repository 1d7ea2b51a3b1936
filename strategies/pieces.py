"""A case cut into calls, and joined again."""

from __future__ import annotations

from typing import Sequence

import numpy as np

from strategies.cases import Case


def in_pieces(case: Case, ends: Sequence[int]) -> list[Case]:
    """The calls that a sequence is divided into, each ending before one of ``ends``."""
    pieces = []
    for first, end in zip([0, *ends], [*ends, case.T]):
        mask = None if case.mask is None else case.mask[:, first:end]
        pieces.append(case.replace(inputs=case.inputs[:, first:end], mask=mask))
    return pieces


def joined(pieces: Sequence[Case]) -> Case:
    """One sequence through which a state goes as through all of these, one after the other."""
    first = pieces[0]
    order = slice(None, None, -1 if first.options.go_backwards else 1)
    inputs = np.concatenate([piece.inputs for piece in pieces[order]], axis=1)
    masks = [piece.mask for piece in pieces[order] if piece.mask is not None]
    return first.replace(inputs=inputs, mask=np.concatenate(masks, axis=1) if masks else None)


def going_on_from(case: Case, states: Sequence[np.ndarray]) -> Case:
    """The case that begins with these states, each (N, M)."""
    options = case.options._replace(initial_state=True)
    carried = tuple(state.astype(case.inputs.dtype) for state in states)
    return case.replace(options=options, initial_states=carried)


def begun(case: Case, steps: int) -> Case:
    """The case after so many steps, in the order of processing."""
    part = slice(case.T - steps, None) if case.options.go_backwards else slice(0, steps)
    mask = None if case.mask is None else case.mask[:, part]
    static = case.static_time and steps == case.T
    options = case.options._replace(unroll=case.options.unroll and static)
    inputs = case.inputs[:, part]
    return case.replace(inputs=inputs, mask=mask, options=options, static_time=static)
