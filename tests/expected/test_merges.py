"""Bidirectional's merges are each asked for, however few architectures there are."""

from __future__ import annotations

from collections import Counter

import pytest

from strategies.wrappers import PARTS, architectures


@pytest.mark.parametrize("seed", range(10))
def test_every_merge_is_asked_for_more_than_once(seed):
    merges = Counter(
        one.merge for one in architectures(40, seed) if one.recurrent == "bidirectional"
    )
    assert merges.keys() == set(PARTS["merge"])
    assert min(merges.values()) >= 2


def test_what_is_not_bidirectional_has_the_plain_merge():
    others = {one.merge for one in architectures(40, 1) if one.recurrent != "bidirectional"}
    assert others == {"concat"}
