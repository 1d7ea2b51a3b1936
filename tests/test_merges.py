"""Bidirectional's merges are each asked for, however few architectures there are."""

from __future__ import annotations

import pytest

from strategies.architectures import PARTS, architectures


@pytest.mark.parametrize("seed", range(5))
def test_every_merge_is_asked_for_with_and_without_a_sequence(seed):
    found = [one for one in architectures(40, seed) if one.recurrent == "bidirectional"]
    asked = {(one.merge, one.return_sequences) for one in found}
    assert asked == {(merge, all_steps) for merge in PARTS["merge"] for all_steps in (False, True)}


def test_what_is_not_bidirectional_has_the_plain_merge():
    others = {one.merge for one in architectures(40, 1) if one.recurrent != "bidirectional"}
    assert others == {"concat"}
