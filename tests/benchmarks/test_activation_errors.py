"""The scan of activations sees how wrong a function is, to the ulp; its formulas are the truth."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.activations import __main__ as activation_errors
from benchmarks.activations import scan as activation_scan
from benchmarks.activations.functions import FORMULAS, LIMITS, exactly, softmax
from benchmarks.activations.inputs import FORMATS, edges, float64_sample, inputs, small_sample
from benchmarks.activations.libraries import LIBRARIES, Library, NumPy
from benchmarks.activations.profile import Profile
from benchmarks.activations.scan import at_the_ends, scan, scan_softmax
from benchmarks.activations.tables import (
    MARGIN,
    declared,
    declared_table,
    literal,
    measured_table,
    needed,
    notes,
    power_above,
    readable,
)

FLOAT16, FLOAT32, BFLOAT16 = FORMATS["float16"], FORMATS["float32"], FORMATS["bfloat16"]
NUMPY = NumPy()


def rounded_tanh(x):
    """Correctly rounded: by way of float64."""
    return np.tanh(x.astype(np.float64)).astype(x.dtype)


def scanned(function, form=FLOAT16, activation="tanh", every=99991):
    """The profile of one function."""
    found = scan({"eager": function}, activation, form, every)["eager"]
    return Profile.from_json(form, found)


@pytest.mark.parametrize("form", [FLOAT16, FLOAT32])
def test_a_correctly_rounded_function_is_half_an_ulp_off_at_most(form):
    assert 0.45 < scanned(rounded_tanh, form).worst()[0] <= 0.5


@pytest.mark.parametrize("form", [FLOAT16, FLOAT32])
@pytest.mark.parametrize("ulps", [1, 3, 20])
def test_a_function_that_is_some_ulp_off_is_seen_to_be(form, ulps):
    def off(x):
        y = rounded_tanh(x)
        moved = np.nextafter(y, y.dtype.type(0))
        for _ in range(ulps - 1):
            moved = np.nextafter(moved, y.dtype.type(0))
        return np.where(np.abs(x) > 1, moved, y)

    worst, x, _ = scanned(off, form).worst()
    # Correct rounding adds half an ulp. Values just above a binade's start move by half ulps.
    assert ulps - 0.5 <= worst <= ulps + 0.5
    assert abs(x) > 1


def test_one_wrong_number_of_all_float16_is_found():
    def off(x):
        return np.where(x == np.float16(0.4375), np.float16(0.5), rounded_tanh(x))

    worst, x, computed = scanned(off).worst()
    assert (x, computed) == (0.4375, 0.5)
    assert worst == pytest.approx((0.5 - math.tanh(0.4375)) / 2.0**-12)


def test_a_fault_of_short_arrays_alone_is_found():
    def off(x):
        return rounded_tanh(x) * x.dtype.type(1.01 if x.size == 3 else 1)

    found = scan({"eager": off}, "tanh", FLOAT16, 1)["eager"]
    assert found["worst in small arrays"][0] > 5
    assert Profile.from_json(FLOAT16, found).worst()[0] > 5


def test_an_absolute_error_is_a_floor_and_no_number_of_ulp():
    def off(x):
        return (np.tanh(x.astype(np.float64)) + 2.0**-16).astype(x.dtype)

    profile = scanned(off, FLOAT32)
    assert profile.worst()[0] > 1e6
    k, a = needed(profile)
    assert k <= 1
    assert a == pytest.approx(2.0**-16, rel=0.01)
    assert power_above(MARGIN * a) == 2.0**-15


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0, 0.5, 1, 4, 16]))
def test_the_floor_is_the_largest_error_beyond_k_ulp(seed, k):
    generator = np.random.default_rng(seed)
    truth = np.sort(generator.normal(size=50) * 2.0 ** generator.integers(-30, 30))
    computed = truth * (1 + 1e-6 * generator.normal(size=50))
    profile = Profile(FLOAT32)
    profile.update(truth, computed, truth)
    ulp = np.ldexp(1.0, np.frexp(truth)[1] - 24)
    expected = max(0.0, float((np.abs(computed - truth) - k * ulp).max()))
    assert profile.floor(k) == pytest.approx(expected, rel=1e-9, abs=0)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1))
def test_what_is_declared_covers_every_error_with_the_margin(seed):
    generator = np.random.default_rng(seed)
    x = np.sort(generator.normal(size=200) * 2.0 ** generator.integers(-30, 3, 200))
    computed = np.tanh(x) * (1 + 2.0**-21 * generator.normal(size=200)) + 2.0**-30
    profile = Profile(FLOAT32)
    profile.update(x, computed, np.tanh(x))
    k, a = declared(profile)
    ulp = np.ldexp(1.0, np.frexp(np.tanh(x))[1] - 24)
    assert (MARGIN * np.abs(computed - np.tanh(x)) <= (k * ulp + a) * (1 + 1e-12)).all()


@pytest.mark.parametrize("form", [FLOAT16, FLOAT32, FORMATS["float64"]])
def test_the_ulp_changes_at_powers_of_two(form):
    kind = np.dtype(form.name).type
    profile = Profile(form)
    for exponent in range(-10, 11):
        power = kind(2.0**exponent)
        assert profile.ulp(exponent) == np.spacing(power)
        assert profile.ulp(exponent - 1) == np.spacing(np.nextafter(power, kind(0)))
        one_up = float(np.nextafter(power, kind(np.inf)))
        profile.update(*(np.array([v]) for v in (1.0, one_up, float(power))))
        assert profile.binades[exponent][0] == 1


def test_formats_are_numpys():
    for name in ("float16", "float32", "float64"):
        info, form = np.finfo(name), FORMATS[name]
        assert (form.smallest_normal, form.largest) == (info.tiny, info.max)
        assert form.from_bits(np.array([form.pattern(3)], form.bits))[0] == 8


def test_bfloat16_is_the_upper_half_of_float32():
    values = np.array([1.0, 1.0 + 2.0**-8, 1.0 + 3 * 2.0**-8, -3.5, np.inf])
    assert BFLOAT16.decode(BFLOAT16.encode(values)).tolist() == [1, 1, 1 + 2.0**-6, -3.5, np.inf]
    assert np.isnan(BFLOAT16.decode(BFLOAT16.encode(np.array([np.nan]))))[0]


@pytest.mark.parametrize("form", [FLOAT16, BFLOAT16])
def test_every_number_of_two_bytes_is_asked_once(form):
    asked = np.concatenate(list(inputs(form)))
    finite = 2 * form.pattern(form.highest + 1)
    assert asked.size == np.unique(asked.view(np.uint16)).size == finite
    assert np.isfinite(form.decode(asked)).all()


def test_float32_is_asked_by_the_stride_both_signs_and_the_edges():
    every = 1_000_003
    chunks = list(inputs(FLOAT32, every))
    asked = np.concatenate(chunks[1:])
    inside = asked[(np.abs(asked) >= 2.0**-15) & (np.abs(asked) < 2.0**8)]
    assert inside.size == 2 * math.ceil(23 * 2**23 / every)
    assert (np.diff(np.sort(inside[inside > 0].view(np.uint32))) == every).all()
    assert (inside > 0).sum() == (inside < 0).sum()
    special = {0.0, 2.0**-149, -(2.0**-126), float(np.finfo("f4").max), 1.0, -(2.0**127)}
    assert special <= set(chunks[0].tolist())
    assert np.isfinite(asked).all()


def test_samples_are_the_same_each_time_and_spread_widely():
    assert np.array_equal(float64_sample(1 << 12), float64_sample(1 << 12))
    exponents = np.frexp(float64_sample(1 << 12))[1]
    assert exponents.min() < -900
    assert exponents.max() > 900
    small = FLOAT32.decode(small_sample(FLOAT32))
    assert 2.0**-15 <= np.abs(small).min() < 2.0**-14
    assert edges(FLOAT16).size < 1000


@pytest.mark.parametrize("activation", list(FORMULAS))
def test_each_formula_in_float64_is_the_activation(activation):
    pytest.importorskip("mpmath")
    x = np.concatenate([[0.0, -0.0, 1e-300, -700.0], float64_sample(1 << 10)])
    x = x[np.abs(x) < 1e300]
    with np.errstate(all="ignore"):
        y = FORMULAS[activation](x)
    for number, value in zip(x.tolist(), y.tolist()):
        truth = exactly(activation, number)
        size = abs(float(truth))
        if activation == "gelu":  # the rounding of x / sqrt(2) is magnified by x^2 in erfc
            size *= 1 + number * number
        if activation == "hard_sigmoid_keras2":  # 0.2 x and 0.5 cancel
            size += 0.5
        if 2.0**-1000 < size < math.inf:
            assert abs(value - truth) <= 2.0**-50 * size


@pytest.mark.parametrize("activation", list(FORMULAS))
def test_the_limits_are_what_large_numbers_come_near(activation):
    far = np.array([-1e6, 1e6])
    with np.errstate(all="ignore"):
        values = FORMULAS[activation](far).tolist()
    for value, limit in zip(values, LIMITS[activation]):
        if math.isinf(limit):
            assert abs(value) >= 2e5
            assert (value > 0) == (limit > 0)
        else:
            assert abs(value - limit) <= 2e-6


def test_zero_for_subnormal_results_is_counted_apart():
    def flushing(x):
        return np.where(np.abs(x) < np.finfo("f4").tiny, np.float32(0), rounded_tanh(x))

    profile = scanned(flushing, FLOAT32)
    assert profile.worst()[0] <= 0.5
    assert 0.99 < profile.tiny[0] <= 1
    assert profile.flushed is not None
    assert needed(profile)[1] == 0


def test_infinity_before_its_time_is_reported():
    def early(x):
        y = np.exp(x.astype(np.float64))
        with np.errstate(over="ignore"):
            return np.where(x > 80, np.inf, y).astype(x.dtype)

    found = scan({"eager": early}, "exponential", FLOAT32, 99991)["eager"]
    size, x, computed = map(float, found["overflows_early"])
    assert computed == math.inf
    assert 80 < x < 81
    assert size == pytest.approx(math.exp(x))
    assert "= inf, is" in notes({**found, "at the ends": []})


def test_a_function_that_swallows_nan_is_reported():
    def swallowing(x):
        return np.where(np.isnan(x), 0, np.tanh(x)).astype(x.dtype)

    assert at_the_ends(np.tanh, "tanh", FLOAT32) == []
    assert at_the_ends(swallowing, "tanh", FLOAT32) == ["f(nan) = 0"]
    with np.errstate(invalid="ignore"):
        assert at_the_ends(FORMULAS["silu"], "silu", FLOAT32) == ["f(-inf) = nan"]

    def in_short(x):
        return swallowing(x) if x.size < 8 else np.tanh(x)

    assert at_the_ends(in_short, "tanh", FLOAT32) == ["f(nan) = 0 in short arrays"]


def test_softmax_that_divides_by_too_much_is_wrong_by_as_much():
    right = scan_softmax(softmax, FLOAT32)
    wrong = scan_softmax(lambda x: softmax(x) * np.float32(1 - 2.0**-16), FLOAT32)
    assert set(right["worst by length"]) == set(activation_scan.ROW_LENGTHS)
    assert right["worst by length"][2] < 128 < 250 < wrong["worst by length"][2] < 400


@pytest.mark.parametrize("form", [FLOAT16, FLOAT32], ids=lambda form: form.name)
def test_numpys_linear_and_relu_are_exact(form):
    for activation in ("linear", "relu", "relu6"):
        evaluation = NUMPY.evaluation(activation, form.name, "eager")
        assert declared(scanned(evaluation, form, activation)) == (0, 0)


def test_what_a_library_does_not_offer_is_said(monkeypatch, capsys):
    class Less(Counting):
        def evaluation(self, activation, dtype, mode):
            return None

    monkeypatch.setitem(LIBRARIES, "numpy", Less)
    activation_errors.main(["--library", "numpy", "--dtypes", "float16", "--activations", "gelu"])
    assert "gelu float16 eager: numpy does not offer it" in capsys.readouterr().out


class Counting(Library):
    """NumPy, counting how often it is asked."""

    name, modes, versions = "numpy", ("eager",), {"numpy": "1"}
    asked = 0

    def evaluation(self, activation, dtype, mode):
        type(self).asked += 1
        return NUMPY.evaluation(activation, dtype, mode)


def test_a_scan_goes_on_where_it_was(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(LIBRARIES, "numpy", Counting)
    path = str(tmp_path / "scan.json")
    command = ["--library", "numpy", "--dtypes", "float16", "--json", path, "--activations"]
    activation_errors.main([*command, "tanh"])
    assert Counting.asked == 1
    activation_errors.main([*command, "tanh,relu"])
    assert Counting.asked == 2
    rows = json.loads((tmp_path / "scan.json").read_text(encoding="utf-8"))
    assert [row["activation"] for row in rows] == ["tanh", "relu"]
    capsys.readouterr()
    activation_errors.main(["--table", path, "--markdown"])
    printed = capsys.readouterr().out
    assert "- float16: all finite" in printed
    assert "| tanh | float16 | eager | 0.50 |" in printed
    assert "| relu | 0, 0 |" in printed
    assert eval(printed[printed.index("{") :]) == {"float16": {"tanh": (1, 0), "relu": (0, 0)}}


def test_the_table_says_what_was_scanned_of_each():
    row = {
        "library": "numpy", "versions": {"numpy": "1"}, "dtype": "float32", "mode": "eager",
        "date": "2026-11-24", "machine": "x86_64", **Profile(FLOAT32).to_json(),
    }  # fmt: skip
    rows = [
        {**row, "activation": "tanh", "scanned": "all"},
        {**row, "activation": "elu", "scanned": "all"},
        {**row, "activation": "relu", "scanned": "one in 61"},
        {**row, "activation": "relu", "scanned": "one in 7", "mode": "graph"},
    ]
    printed = measured_table(rows)
    assert "scanned on 2026-11-24, x86_64" in printed
    assert "float32: all (all but relu)" in printed
    assert "float32: one in 61 (relu in eager)" in printed
    assert "float32: one in 7 (relu in graph)" in printed


def test_gelu_of_float64_says_that_it_asks_fewer():
    form = FORMATS["float64"]
    said = activation_scan.asked_of("gelu", form, 1)
    assert said.endswith(f", about {activation_scan.WITH_MPMATH:,} of it")
    chunks = list(activation_scan.chunks_of("gelu", form, 1))
    assert activation_scan.WITH_MPMATH <= chunks[1].size <= 1.1 * activation_scan.WITH_MPMATH


def test_nothing_is_declared_because_of_a_known_deviation():
    def row(library, ulps):
        profile = Profile(FORMATS["float64"], {200: (ulps, -1e60, -1e61)})
        return {
            "library": library, "versions": {library: "1"}, "dtype": "float64", "mode": "eager",
            "activation": "leaky_relu", "scanned": "all", **profile.to_json(),
        }  # fmt: skip

    rows = [row("tensorflow", 1e8), row("numpy", 0.6)]
    assert eval(literal(rows)) == {"float64": {"leaky_relu": (1, 0)}}
    printed = declared_table(rows)
    assert "leaky_relu          1, 0" in printed
    assert "- Left out: leaky_relu in float64, tensorflow 1: the slope 0.2" in printed
    assert "1.3e+08" in printed


@pytest.mark.parametrize(
    ("given_options", "message"),
    [
        (["--modes", "xla"], "--modes: there is no 'xla'; there are eager"),
        (["--activations", "tahn"], "--activations: there is no 'tahn'; there are linear, relu"),
        (["--every", "0"], "--every: must be at least 1, is 0"),
    ],
)
def test_a_wrong_option_is_one_clear_sentence(given_options, message):
    with pytest.raises(SystemExit) as stopped:
        activation_errors.main(["--library", "numpy", *given_options])
    assert str(stopped.value).startswith(message)


@pytest.mark.parametrize(
    ("k", "expected"), [(0, 0), (0.3, 0.5), (0.65, 1), (7.98, 8), (16.1, 17), (134e6, 140e6)]
)
def test_declared_numbers_are_readable_and_not_smaller(k, expected):
    assert readable(k) == expected
