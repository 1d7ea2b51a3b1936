"""The drift figure: how large rounding errors are beside what chance makes of them."""

import json

import numpy as np
import pytest
from pages import a_report, a_result

from conformance.cells import SIMPLE_RNN
from conformance.expected.comparison import compare
from conformance.expected.drift import drift, random_walk
from conformance.expected.steps import residual_state
from conformance.numerics.arithmetic import IEEE, truncated
from conformance.reporting.json_report import read_json
from conformance.reporting.summary import verdict_lines
from strategies import Dimensions
from strategies.cases import case_of_seed


def states_of(case, product, stored):
    """The states, where ``product`` sums and ``stored`` rounds; tanh is rounded correctly."""
    h, states = np.zeros((case.N, case.M), case.inputs.dtype), []
    for t in range(case.T):
        z = stored(product(case.inputs[:, t], case.kernel))
        z = stored(stored(z + stored(product(h, case.recurrent_kernel))) + case.bias)
        h = np.tanh(z.astype(float)).astype(h.dtype)
        states.append(h)
    return np.stack(states, axis=1)


def one_after_the_other(a, b):
    total = np.zeros((len(a), b.shape[1]), a.dtype)
    for i in range(a.shape[1]):
        total = total + a[:, i : i + 1] * b[i]
    return total


def drift_of(case, states, row):
    compared = compare("state", states, residual_state(case, states, row))
    assert compared.within
    return drift(compared.error, random_walk(case, states, row), row), compared.shares.mean()


def a_case(M=8, dtype="float32", texture="normal"):
    return case_of_seed(Dimensions(SIMPLE_RNN, 16, 8, 3, M, 2), dtype, texture, 7)


@pytest.mark.parametrize("M", [2, 8, 64])
def test_roundings_one_after_the_other_have_drift_one(M):
    case = a_case(M)
    states = states_of(case, one_after_the_other, lambda z: z)
    found, _ = drift_of(case, states, IEEE["float32"])
    assert 0.5 < found < 1.3


def test_drift_stays_where_the_share_of_the_bound_falls():
    found, shares = zip(
        *(
            drift_of(case, states_of(case, one_after_the_other, lambda z: z), IEEE["float32"])
            for case in (a_case(2, texture="glorot"), a_case(128, texture="glorot"))
        )
    )
    assert shares[1] < shares[0] / 2
    assert found[1] > found[0] / 2


def test_sums_in_float64_drift_less():
    case = a_case(64)
    exact = states_of(case, lambda a, b: (a.astype(float) @ b).astype("float32"), lambda z: z)
    plain = states_of(case, one_after_the_other, lambda z: z)
    row = IEEE["float32"]
    assert drift_of(case, exact, row)[0] < drift_of(case, plain, row)[0] * 0.8


def test_what_is_cut_drifts_more_than_what_is_rounded_though_both_are_within_the_bound():
    case = a_case(32, "float16")

    def rounded(z):
        return z.astype("float16")

    def cut(z):
        z = np.asarray(z, "float32")
        return (z.view("uint32") & np.uint32(0xFFFFE000)).view("float32").astype("float16")

    def wide(a, b):
        return a.astype("float32") @ b.astype("float32")

    row = IEEE["float16"]
    plain = drift_of(case, states_of(case, wide, rounded), row)[0]
    biased = drift_of(case, states_of(case, wide, cut), truncated(row))[0] * 2  # in the same unit
    assert plain < 1.3
    assert biased > 1.5 * plain


def test_nothing_is_said_of_numbers_that_may_become_zero():
    case, row = a_case(texture="tiny"), IEEE["float32"]
    states = np.zeros((case.N, case.T, case.M), "float32")
    expected = random_walk(case, states, row)
    assert drift(np.zeros_like(expected), np.full_like(expected, 1e-40), row) is None


def test_a_partial_sum_is_as_large_as_stated():
    """The mean of the squared partial sums over all orders, by trying 20,000 orders."""
    p = np.array([1.0, -2.0, 0.5, 4.0, -3.5])
    n, z, squares = len(p), p.sum(), (p**2).sum()
    random = np.random.default_rng(0)
    sums = [np.cumsum(random.permutation(p))[1:] for _ in range(20_000)]
    stated = ((n + 1) / 6 - 1 / n) * squares + (n + 1) / 3 * z**2
    assert np.mean([(s**2).sum() for s in sums]) == pytest.approx(stated, rel=0.02)


# --- In summaries and reports ----------------------------------------------------------------


def test_the_summary_has_the_drift_of_each_dtype_over_its_modes():
    results = [
        a_result("a", "call", "float64", drift=0.4),
        a_result("a", "call", "float32", drift=0.5),
        a_result("a", "graph", "float32", drift=0.7),
        a_result("b", "call", "float32"),
    ]
    (line,) = [line for line in verdict_lines(a_report(*results).record) if "drift" in line]
    assert "errors are float32 0.50 to 0.70, float64 0.40 times those of independent" in line


def test_without_a_drift_the_summary_does_not_speak_of_it():
    lines = verdict_lines(a_report(a_result()).record)
    assert not any(line.startswith("drift") for line in lines)


def test_a_report_keeps_the_drift_and_older_reports_have_none(tmp_path):
    path = tmp_path / "run.json"
    plain = a_report(a_result("a", drift=0.5)).as_dict()
    path.write_text(json.dumps(plain), encoding="utf-8")
    assert [r.drift for r in read_json(path).record.results.values()] == [0.5]
    del plain["known_deviations"]  # by its absence an older report is known
    for result in plain["results"]:
        del result["drift"]
    path.write_text(json.dumps(plain), encoding="utf-8")
    assert [r.drift for r in read_json(path).record.results.values()] == [None]
