"""What cases were about is counted: sizes, options in pairs, shares against T and M."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from subjects import EVERY_STEP, PROPERTIES, subject_of

from conformance.cells import SIMPLE_RNN
from conformance.checking.check import check
from conformance.checking.record import Record
from conformance.checking.tally import Tally, options_of
from strategies import Dimensions, Options, cases, dimensions
from strategies.cases import case_of_seed


def a_case(N=2, T=3, D=4, M=5, K=6, **options):
    case = case_of_seed(Dimensions(SIMPLE_RNN, N, T, D, M, K), "float32", "normal", 0)
    return case.replace(**{"texture": "given", **options})


def coverage_of(*counted):
    tally = Tally()
    for case, worst in counted:
        tally.add({"case": case}, Record(subject_of(), shares=list(worst)), quota=True)
    return tally.coverage()


def test_every_dimension_of_every_case_is_counted():
    coverage = coverage_of((a_case(N=2), []), (a_case(N=2, T=9), []), (a_case(N=1), []))
    assert coverage.dimensions == {
        "D": {"4": 3}, "K": {"6": 3}, "M": {"5": 3}, "N": {"1": 1, "2": 2}, "T": {"3": 2, "9": 1}
    }  # fmt: skip


def test_of_a_network_that_is_only_built_no_samples_and_steps_are_counted():
    tally = Tally()
    size = Dimensions(SIMPLE_RNN, 1, 2, 3, 4, 5)
    tally.add({"size": size}, Record(subject_of()), quota=False)
    assert tally.coverage().dimensions == {"D": {"3": 1}, "K": {"5": 1}, "M": {"4": 1}}


@pytest.mark.parametrize(
    ("T", "name"), [(1, "1"), (2, "2"), (3, "2"), (4, "4"), (7, "4"), (8, "8"), (64, "64")]
)
def test_shares_are_classed_by_powers_of_two(T, name):
    assert list(coverage_of((a_case(T=T), [0.5])).shares["T"]) == [name]


def test_a_class_has_its_number_of_cases_and_their_median_and_worst_share():
    counted = [(a_case(T=T), [share, 0.0]) for T, share in ((4, 0.1), (5, 0.3), (6, 0.2))]
    assert coverage_of(*counted).shares == {"T": {"4": [3, 0.2, 0.3]}, "M": {"4": [3, 0.2, 0.3]}}


def test_options_are_counted_in_pairs():
    counted = [(a_case(texture=t, static_time=s), []) for t, s in (("a", True), ("b", False),
                                                                  ("b", False))]  # fmt: skip
    pairs = [row for row in coverage_of(*counted).pairs if row[:3:2] == ["static time", "texture"]]
    assert pairs == [
        ["static time", "no", "texture", "b", 2],
        ["static time", "yes", "texture", "a", 1],
    ]


def test_whatever_a_case_has_besides_tensors_is_an_option():
    case = a_case(1, 1, 1, 1, 1)
    state, given = np.zeros((1, 1), "float32"), Options(initial_state=True)
    plain = {"static time": "no", "texture": "given"}
    plain.update({"activation": "tanh", "dense activation": "linear"})
    assert options_of(case) == plain
    assert options_of(case.replace(initial_states=(state,), options=given)) == {
        **plain,
        **dict.fromkeys(("use bias", "dense use bias", "initial state"), "yes"),
        **dict.fromkeys(("return sequences", "return state", "go backwards", "stateful"), "no"),
        **dict.fromkeys(("unroll", "zero output for mask", "time major", "dropout"), "no"),
        "mask": "none",
    }


@pytest.mark.parametrize("name", [EVERY_STEP.name, "test_fresh_biases_are_zero"])
def test_a_result_covers_all_its_cases(name):
    result = check(PROPERTIES[name], subject_of(per_mode=PROPERTIES[name].per_mode))
    assert result.cases > 20
    for counts in result.coverage.dimensions.values():
        assert sum(counts.values()) == result.cases
    for letter, classes in result.coverage.shares.items():
        assert sum(seen for seen, _, _ in classes.values()) == result.cases, letter
        assert max(worst for _, _, worst in classes.values()) == result.worst_share
    textures = [row for row in result.coverage.pairs if row[:3:2] == ["static time", "texture"]]
    assert sum(row[-1] for row in textures) in (0, result.cases)


@given(case=cases(dimensions(SIMPLE_RNN)))
@settings(max_examples=5, database=None)
def test_drawn_cases_have_a_texture_that_is_known(case):
    options = {"static time", "texture", "activation", "dense activation"}
    assert options_of(case).keys() == options
