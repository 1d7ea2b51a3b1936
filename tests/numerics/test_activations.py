"""Each activation is its definition in 50 digits, and what the bound is told of it is true."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from definitions import SLOPE, TRUE, true_softmax

from conformance.numerics.activation_errors import ERRORS
from conformance.numerics.activations import ACTIVATIONS
from conformance.numerics.arithmetic import FORMATS
from oracles import as_mpf, mp
from strategies.dtypes import rounded

ELEMENTWISE = [name for name, a in ACTIVATIONS.items() if a.elementwise]
FLOAT64 = FORMATS["float64"]
#: A slope is computed in float64 from terms of about 1; every bound has 2^-30 of itself to spare.
SLOPE_ROUNDING = 2.0**-46


def arguments(name, seed=0, count=150):
    """Random arguments of all sizes, and those near zero, the turns, and the ends."""
    rng = np.random.default_rng(seed)
    turns = [place for place, _, _ in ACTIVATIONS[name].turns]
    near = [np.nextafter(turn, turn + side) for turn in turns for side in (-1, 1)]
    # Beyond 708 an exponential is subnormal or too large.
    sizes = np.r_[5e-324, 1e-308, 2.0 ** np.arange(-60.0, 10), 36, 37, 38.5, 700]
    drawn = rng.choice([-1, 1], count) * 10 ** rng.uniform(-9, 2.8, count)
    return np.r_[0.0, sizes, -sizes, turns, near, rng.normal(0, 3, count), drawn]


# --- Values ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_value_is_the_definition_within_its_stated_error(name):
    activation, z = ACTIVATIONS[name], arguments(name)
    ulps, absolute = activation.reference_error
    for argument, got in zip(z, activation.value(z)):
        truth = TRUE[name](mp.mpf(float(argument)))
        allowed = ulps * float(FLOAT64.ulp(np.array(float(truth)))) + absolute
        assert abs(mp.mpf(float(got)) - truth) <= allowed, argument


def test_a_softmax_is_the_definition_within_its_stated_error_and_its_conditioning():
    activation, rng = ACTIVATIONS["softmax"], np.random.default_rng(0)
    for n, scale in itertools.product((1, 2, 5, 16), (1e-3, 1, 30, 300)):
        z = rng.normal(0, scale, (4, n))
        truth = true_softmax(as_mpf(z))
        ulps = activation.reference_error[0] + activation.conditioning(z)
        allowed = ulps * FLOAT64.ulp(truth.astype(float)) + activation.reference_error[1]
        assert (abs(as_mpf(activation.value(z)) - truth) <= allowed).all()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_nan_gives_nan_also_beside_a_number(name):
    values = ACTIVATIONS[name].value(np.array([np.nan, 1.0]))
    assert np.isnan(values[0])
    assert np.isnan(values[1]) == (name == "softmax")


@pytest.mark.parametrize("name", [name for name, a in ACTIVATIONS.items() if a.has_limits])
def test_infinity_gives_the_limit(name):
    ulps, _ = ACTIVATIONS[name].reference_error
    for z in (-np.inf, np.inf):
        got = float(ACTIVATIONS[name].value(np.array(z)))
        far = float(TRUE[name](mp.mpf(np.sign(z)) * mp.mpf(2) ** 1100))
        if abs(far) > 1e300:
            assert got == np.copysign(np.inf, far)
        else:
            assert abs(got - far) <= ulps * np.spacing(abs(far))


# --- Slopes ----------------------------------------------------------------------------------


def bracketed(name, low, high, places):
    """Whether the slopes at all places are between the least and the greatest that are stated."""
    least, greatest = (float(s) for s in ACTIVATIONS[name].slopes(np.array(low), np.array(high)))
    spare = SLOPE_ROUNDING * max(1, abs(least), abs(greatest))
    slopes = [SLOPE[name](mp.mpf(float(z))) for z in places]
    return all(least - spare <= slope <= greatest + spare for slope in slopes)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_slopes_inside_an_interval_are_between_those_stated(name):
    rng, turns = np.random.default_rng(1), [place for place, _, _ in ACTIVATIONS[name].turns]
    for width in 10.0 ** rng.uniform(-6, 1.5, 60):
        # Half of the intervals are near a turn, where an extremum could be missed.
        middle = rng.choice(turns) if turns and rng.random() < 0.5 else rng.normal(0, 4)
        low = middle - width * rng.random()
        high = low + width
        inside = [low, high, *rng.uniform(low, high, 5), *(t for t in turns if low <= t <= high)]
        assert bracketed(name, low, high, inside), (low, high)


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if ACTIVATIONS[name].turns])
def test_the_slopes_on_both_sides_of_a_turn_are_between_those_stated(name):
    for place, _, _ in ACTIVATIONS[name].turns:
        before, after = np.nextafter(place, -9), np.nextafter(place, 9)
        for low, high in ((place, place), (before, place), (place, after), (place - 1, place + 1)):
            assert bracketed(name, low, high, [before, after]), (low, high)


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if ACTIVATIONS[name].turns])
def test_the_slopes_that_are_stated_for_a_turn_are_reached_there(name):
    for place, below, above in ACTIVATIONS[name].turns:
        near = [float(SLOPE[name](mp.mpf(np.nextafter(place, place + side)))) for side in (-9, 9)]
        assert abs(min(near) - below) <= 1e-6
        assert abs(max(near) - above) <= 1e-6


def test_the_jacobian_of_softmax_has_eigenvalues_from_zero_to_a_half():
    rng, largest = np.random.default_rng(0), 0.0
    for n in (1, 2, 2, 3, 8, 32):
        for z in (np.zeros(n), *rng.normal(0, 3, (20, n)), np.r_[9.0, 9.0, np.zeros(n)]):
            p = ACTIVATIONS["softmax"].value(z)
            eigenvalues = np.linalg.eigvalsh(np.diag(p) - np.outer(p, p))
            assert -1e-15 <= eigenvalues.min() <= eigenvalues.max() <= 0.5 + 1e-15
            largest = max(largest, eigenvalues.max())
    # Two equal units reach it: no smaller number would do.
    assert largest > 0.5 - 1e-15
    for stated, extreme in zip(ACTIVATIONS["softmax"].slopes(np.zeros(2), np.ones(2)), (0, 0.5)):
        assert (stated == extreme).all()


# --- How far a value moves -------------------------------------------------------------------


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_no_displacement_moves_a_value_further_than_stated(name):
    rng, z = np.random.default_rng(2), np.r_[np.random.default_rng(3).normal(0, 3, 60), 0, 6, -3, 3]
    off = 10.0 ** rng.uniform(-12, 2, z.shape)
    with np.errstate(over="ignore"):
        moved = ACTIVATIONS[name].moved(z, off) * (1 + 2.0**-30)
    for share in (-1, -0.5, rng.uniform(-1, 1), 0.5, 1):
        for i in range(len(z)):
            here = mp.mpf(float(z[i]))
            there = here + mp.mpf(float(off[i])) * mp.mpf(float(share))
            assert abs(TRUE[name](there) - TRUE[name](here)) <= moved[i], (z[i], off[i], share)


def test_no_displacement_moves_a_softmax_further_than_stated():
    activation, rng = ACTIVATIONS["softmax"], np.random.default_rng(4)
    closest = 0.0
    for n, size in itertools.product((1, 2, 7), (1e-9, 1e-3, 1, 10)):
        z, off = rng.normal(0, 2, (3, n)), size * rng.random((3, n))
        before, moved = true_softmax(as_mpf(z)), activation.moved(z, off) * (1 + 2.0**-30)
        for _ in range(6):
            there = as_mpf(z) + as_mpf(off) * rng.choice([-1, 1, rng.uniform(-1, 1)], (3, n))
            share = (abs(true_softmax(there) - before) / moved).astype(float)
            closest = max(closest, share.max())
    assert 0.5 < closest <= 1


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_are_as_large_and_as_far_apart_as_stated_and_not_more(name):
    activation = ACTIVATIONS[name]
    ends = np.array([[-700.0, 700.0], [700.0, -700.0]])
    values = activation.value(
        np.concatenate([ends, np.random.default_rng(5).normal(0, 9, (40, 2))])
    )
    largest, span = np.abs(values).max(), values.max() - values.min()
    if np.isinf(activation.largest):
        assert largest > 500
    else:
        assert 0.99 * activation.largest < largest <= activation.largest
        assert 0.99 * activation.span < span <= activation.span


# --- The table of errors ---------------------------------------------------------------------


def test_every_activation_has_an_allowance_in_every_format():
    assert set(ERRORS) == set(FORMATS)
    for allowed in ERRORS.values():
        assert set(allowed) == set(ACTIVATIONS)
        assert all(np.isfinite(pair).all() and min(pair) >= 0 for pair in allowed.values())


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_nearest_number_to_a_value_is_always_allowed(name, format):
    ulps, absolute = ERRORS[format][name]
    z = rounded(np.random.default_rng(6).normal(0, 3, 80), format).astype(float)
    for argument in z:
        truth = TRUE[name](mp.mpf(argument))
        nearest = float(rounded(np.array([float(truth)]), format)[0])
        allowed = ulps * float(FORMATS[format].ulp(np.array(float(truth)))) + absolute
        assert abs(nearest - truth) <= allowed, argument
