"""Long tests are cut into parts and runs into shards: all is asked, once, whoever asks it."""

from __future__ import annotations

import pytest
from subjects import LAST_OUTPUT, PROPERTIES, subject_of

from conformance.checking import asking
from conformance.checking.check import check
from conformance.checking.run import Run
from conformance.checking.subject import Subject
from conformance.implementations.function import FunctionImplementation
from conformance.running.parts import LARGEST, WHOLE, Part, Shard, parts_of
from strategies.profiles import PROFILES


@pytest.mark.parametrize(("cases", "weight"), [(1, 1), (100, 100), (1500, 1500), (7, 7000)])
def test_the_parts_of_a_test_have_all_its_cases_and_none_is_large(cases, weight):
    parts = parts_of(cases, weight)
    shares = [part.share(cases) for part in parts]
    assert sum(shares) == cases
    assert max(shares) - min(shares) <= 1
    assert min(shares) >= 1
    assert max(shares) == 1 or max(shares) * weight / cases <= LARGEST + weight / cases


def test_a_short_test_is_whole():
    assert parts_of(100, 100) == [WHOLE]


def test_ids_name_the_part_where_there_are_several():
    subject = subject_of(max_examples=600)
    assert subject.test_id == "numpy-call-float32"
    ids = [subject.only(part).test_id for part in LAST_OUTPUT.parts(subject)]
    assert ids == [f"numpy-call-float32-{i}of3" for i in (1, 2, 3)]


def test_only_the_thorough_profile_has_long_tests():
    def parts(profile):
        subject = Subject(subject_of().implementation, "call", "float32", Run(PROFILES[profile]))
        return [len(p.parts(subject)) for p in PROPERTIES.values()]

    assert max(parts("quick") + parts("default")) == 1
    assert max(parts("thorough")) == 6


def test_what_does_not_apply_has_one_part_and_no_weight():
    subject = subject_of(FunctionImplementation(lambda *a: a, "mine:forward"), max_examples=999)
    found = PROPERTIES["test_every_step_equals_the_recurrence"]
    assert found.parts(subject) == [WHOLE]
    assert found.weight(subject) == 0


def asked(subject, monkeypatch):
    """The cases of a subject's part, as bytes."""
    seen = []
    network_of = asking.network_of

    def remember(subject, case):
        seen.append(case.inputs.tobytes() + b"".join(w.tobytes() for w in case.weights))
        return network_of(subject, case)

    monkeypatch.setattr(asking, "network_of", remember)
    check(LAST_OUTPUT, subject)
    monkeypatch.setattr(asking, "network_of", network_of)
    assert seen
    return seen


def test_parts_ask_other_cases_each_and_the_notebooks_once(monkeypatch):
    subject = subject_of(max_examples=600)
    one, two = (asked(subject.only(Part(i, 3)), monkeypatch) for i in (1, 2))
    assert (len(one), len(two)) == (201, 200)
    # Hypothesis begins everywhere with what is simplest.
    assert len(set(one) & set(two)) <= 7


def test_a_part_is_the_same_again_and_the_whole_is_what_it_was(monkeypatch):
    subject = subject_of(max_examples=30)
    assert asked(subject.only(Part(2, 3)), monkeypatch) == asked(
        subject_of(max_examples=30).only(Part(2, 3)), monkeypatch
    )
    assert asked(subject, monkeypatch) == asked(subject.only(Part(1, 1)), monkeypatch)


# --- Shards ----------------------------------------------------------------------------------


@pytest.mark.parametrize("of", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("weights", [[1] * 20, [0, 9, 0, 1, 5, 5, 2, 100, 0], [7], [0, 0]])
def test_shards_are_the_whole_in_its_order(of, weights):
    items = list(range(len(weights)))
    shards = [Shard(i, of).stretch(items, weights) for i in range(1, of + 1)]
    assert [item for shard in shards for item in shard] == items


def test_shards_are_of_about_equal_weight():
    weights = [100, 300, 5, 5, 250, 90, 120, 40] * 10
    totals = [sum(Shard(i, 4).stretch(weights, weights)) for i in (1, 2, 3, 4)]
    assert max(totals) - min(totals) <= 2 * max(weights)


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "-1/2", "1/0", "1/2/3", "²/2", "a/b"])
def test_a_wrong_shard_says_what_it_must_be(text):
    with pytest.raises(ValueError, match="must be I/N, with I from 1 to N"):
        Shard.parse(text)


def test_a_shard_reads_as_it_is_written():
    assert str(Shard.parse("2/8")) == "2/8"
