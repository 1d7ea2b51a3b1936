"""What a subject shares and costs: networks built once and reused, and how many cases it gets."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from subjects import LAST_OUTPUT, PROPERTIES, subject_of

from conformance.cells import SIMPLE_RNN
from conformance.checking.asking import ask
from conformance.checking.check import check, holds_for
from conformance.checking.drawing import plain_cases
from conformance.checking.record import Record
from conformance.checking.run import NetworkCache, Run
from conformance.checking.subject import Subject
from conformance.expected.recurrence import outputs_of
from conformance.faults import seeded_fault
from conformance.implementations.capabilities import SEVERAL_MODES
from conformance.implementations.numpy_loop import NumpyLoop
from conformance.implementations.protocol import Implementation, Network
from strategies import EVERY_STEP, Dimensions, NetworkSize
from strategies.cases import case_of_seed
from strategies.dimensions import _Ranges, extents, network_pool
from strategies.profiles import PROFILES, Profile


class Counting(Implementation):
    """Counts the networks that are built."""

    name = "counting"
    modes = ("cheap", "dear", "dearest")
    costs: ClassVar[dict[str, int]] = {"dear": 5, "dearest": 20}

    def __init__(self):
        self.built = []

    def network(self, size, dtype):
        self.built.append((size, dtype))
        return Network()


A, B, C = (NetworkSize(SIMPLE_RNN, D, 2, 2) for D in (1, 2, 3))


# --- Networks --------------------------------------------------------------------------------


def test_a_network_is_built_once():
    cache, implementation = NetworkCache(), Counting()
    first = cache.get(implementation, A, "float32")
    assert cache.get(implementation, A, "float32") is first
    assert implementation.built == [(A, "float32")]


@pytest.mark.parametrize(
    "other",
    [
        (B, "float32"),
        (A, "float64"),
        (A._replace(options=EVERY_STEP), "float32"),
        (A._replace(T=4), "float32"),
    ],
    ids=["size", "dtype", "sequences", "fixed time"],
)
def test_another_kind_of_network_is_another_network(other):
    cache, implementation = NetworkCache(), Counting()
    first = cache.get(implementation, A, "float32")
    assert cache.get(implementation, *other) is not first
    assert implementation.built == [(A, "float32"), other]


def test_another_implementation_has_networks_of_its_own():
    cache = NetworkCache()
    first, other = Counting(), Counting()
    assert cache.get(first, A, "float32") is not cache.get(other, A, "float32")


def test_the_network_that_leaves_is_the_one_not_used_for_longest():
    cache, implementation = NetworkCache(limit=2), Counting()
    for size in (A, B, A, C):  # when C comes, B has waited longest
        cache.get(implementation, size, "float32")
    assert len(implementation.built) == 3
    cache.get(implementation, A, "float32")
    cache.get(implementation, C, "float32")
    assert len(implementation.built) == 3
    cache.get(implementation, B, "float32")
    assert [size for size, *_ in implementation.built] == [A, B, C, B]


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_networks_are_kept_than_allowed(limit):
    cache, implementation = NetworkCache(limit), Counting()
    sizes = [NetworkSize(SIMPLE_RNN, D, 1, 1) for D in range(1, 9)]
    for size in sizes * 2:
        cache.get(implementation, size, "float32")
    # Going round more sizes than are kept, every one has left before its turn comes again.
    assert len(implementation.built) == 2 * len(sizes)
    for size in sizes[-limit:]:
        cache.get(implementation, size, "float32")
    assert len(implementation.built) == 2 * len(sizes)


def test_a_reused_network_has_the_weights_of_its_case():
    subject = subject_of()
    size = Dimensions(SIMPLE_RNN, 2, 3, 4, 5, 2)
    cases = [case_of_seed(size, "float32", "normal", seed) for seed in range(3)]
    for case in [*cases, cases[0]]:
        output = ask(Record(subject), case).output
        assert np.allclose(output, outputs_of(case)[:, -1], atol=1e-5)
    assert len(subject.run.networks) == 1


@pytest.mark.parametrize("letter", "DMK")
def test_a_default_run_has_a_network_of_size_one_whatever_the_seed(letter):
    # The edge where most shape mistakes show: a squeezed output is seen only where K is 1.
    for seed in range(200):
        ranges = _Ranges(*(extents(1, maximum) for maximum in (40, 64, 32, 32, 16)))
        pool = network_pool(
            SIMPLE_RNN, ranges, PROFILES["default"].networks, np.random.default_rng(seed)
        )
        assert min(getattr(size, letter) for size in pool) == 1, f"seed {seed}"


def test_one_run_may_check_a_right_and_a_wrong_implementation():
    run = Run(max_examples=20, seed=1)
    for implementation, verdict in (
        (NumpyLoop(), "conforms"),
        (seeded_fault(NumpyLoop(), "no_bias"), "fails"),
        (NumpyLoop(), "conforms"),
    ):
        assert (
            check(LAST_OUTPUT, Subject(implementation, "call", "float32", run)).verdict == verdict
        )


# --- Budget ----------------------------------------------------------------------------------


def a_property(**kind):
    """A property of this kind; which statement it is does not matter here."""

    def statement(record, case):
        """Anything."""

    return holds_for(**kind, case=plain_cases)(statement).conformance_property


PROFILE = Profile(cases=600, builds=17, networks=3, fewest=5)


@pytest.mark.parametrize(
    ("kind", "mode", "cases"),
    [
        ({}, "cheap", 600),
        ({}, "dear", 120),
        ({}, "dearest", 30),
        ({"runs": 2}, "cheap", 300),
        ({"runs": 3}, "dear", 40),
        ({"runs": 7}, "dear", 17),
        ({"runs": 3}, "dearest", 10),
        # What is not about execution costs the same in every mode.
        ({"per_mode": False}, None, 600),
        ({"per_mode": False, "runs": 2}, None, 300),
        # Where every mode is run, the dearest decides.
        ({"per_mode": False, "needs": (SEVERAL_MODES,)}, None, 30),
        # Building is dear whatever is run, and counted by itself.
        ({"builds": True, "per_mode": False}, None, 17),
        ({"builds": True, "per_mode": False, "runs": 5}, None, 3),
        ({"builds": True, "per_mode": False, "runs": 20}, None, 1),
    ],
)
def test_the_budget_is_shared_by_what_a_case_costs(kind, mode, cases):
    subject = Subject(Counting(), mode, "float32", Run(profile=PROFILE))
    assert a_property(**kind).budget(subject) == cases


def test_however_dear_there_are_a_few_cases():
    subject = Subject(Counting(), "dearest", "float32", Run(profile=PROFILES["quick"]))
    assert PROFILES["quick"].cases // (3 * 20) < PROFILES["quick"].fewest
    assert a_property(runs=3).budget(subject) == PROFILES["quick"].fewest


@pytest.mark.parametrize("kind", [{}, {"runs": 3}, {"builds": True}, {"per_mode": False}])
@pytest.mark.parametrize("asked", [1, 1000])
def test_what_the_user_asks_for_is_what_is_drawn(kind, asked):
    run = Run(profile=PROFILE, max_examples=asked)
    assert a_property(**kind).budget(Subject(Counting(), "dearest", "float32", run)) == asked


def test_only_the_modes_of_the_run_are_paid_for():
    subject = Subject(Counting(), None, "float32", Run(profile=PROFILE), modes=("cheap", "dear"))
    assert a_property(per_mode=False, needs=(SEVERAL_MODES,)).budget(subject) == 120


def test_as_many_cases_are_checked_as_the_budget_says():
    subject = subject_of(
        max_examples=None, profile=Profile(cases=40, builds=3, networks=2, fewest=5)
    )
    for name, cases in (
        (LAST_OUTPUT.name, 40 + 1),  # one more is the notebook's
        ("test_permuting_the_batch_permutes_the_output", 20 + 1),
        ("test_fresh_biases_are_zero", 3 + 2),  # two more are of known sizes
    ):
        assert check(PROPERTIES[name], subject).cases == cases


# --- Capabilities ----------------------------------------------------------------------------


def test_several_modes_are_a_capability_of_the_run():
    def capabilities(*modes):
        return Subject(Counting(), None, "float32", Run(), modes).capabilities

    assert SEVERAL_MODES in capabilities("cheap", "dear")
    assert SEVERAL_MODES not in capabilities("cheap")
    assert SEVERAL_MODES in capabilities()  # all of the implementation's


def test_an_id_names_implementation_mode_and_dtype():
    assert Subject(NumpyLoop(), "call", "float64").id == "numpy-call-float64"
    assert Subject(NumpyLoop(), None, "float32").id == "numpy-float32"
