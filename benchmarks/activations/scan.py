"""One activation of one library: asked, compared with the truth, and looked at again."""

from __future__ import annotations

import math
from typing import Any, Callable, Iterator, Optional

import numpy as np

from benchmarks.activations.functions import FORMULAS, LIMITS, exactly, softmax
from benchmarks.activations.inputs import (
    CHUNK,
    SEED,
    SMALL_LENGTHS,
    Format,
    described,
    inputs,
    small_sample,
)
from benchmarks.activations.libraries import Evaluation
from benchmarks.activations.profile import Profile

#: Where float64 has no cheap wider formula, so many of its sample are measured, with mpmath.
WITH_MPMATH = 1 << 14
#: Arrays of NaN and of infinities: shorter than a SIMD register, and of several and a rest.
END_LENGTHS, LONG = (1, 3, 64, 67), 64
#: Rows of softmax: lengths, and standard deviations of their elements.
ROW_LENGTHS = (2, 3, 5, 8, 17, 64, 257, 1000)
ROW_SCALES = (1.0, 8.0, 30.0)
ROW_NUMBERS = 1 << 16


def is_slow(activation: str, form: Format) -> bool:
    """Whether only mpmath knows the truth: no wider numbers, or no function of them."""
    return form.name == "float64" and (activation == "gelu" or np.finfo(np.longdouble).nmant < 63)


def truth_of(activation: str, form: Format) -> Callable[[np.ndarray], np.ndarray]:
    """float64 x -> the true value: in float64 for narrow formats, wider for float64 itself."""
    function = FORMULAS[activation]
    if form.name != "float64":
        return function
    if not is_slow(activation, form):
        return lambda x: function(x.astype(np.longdouble))

    def with_mpmath(x: np.ndarray) -> np.ndarray:
        # The sum of two float64 holds what one longdouble may not.
        values = [exactly(activation, float(number)) for number in x]
        head = np.array([float(value) for value in values])
        rest = np.array([float(v - h) if math.isfinite(h) else 0.0 for v, h in zip(values, head)])
        return head.astype(np.longdouble) + rest

    return with_mpmath


def chunks_of(activation: str, form: Format, every: int) -> Iterator[np.ndarray]:
    """The inputs, thinned where only mpmath knows the truth."""
    for chunk in inputs(form, every):
        slow = is_slow(activation, form)
        yield chunk[:: max(1, chunk.size // WITH_MPMATH)] if slow else chunk


def asked_of(activation: str, form: Format, every: int) -> str:
    """What ``chunks_of`` yields, in words."""
    thinned = f", about {WITH_MPMATH:,} of it" if is_slow(activation, form) else ""
    return described(form, every) + thinned


def padded(evaluation: Evaluation, x: np.ndarray) -> np.ndarray:
    """The activation of a chunk; compilers get few sizes to compile for: powers of two, plus 5."""
    size = 1 << max(6, (x.size - 1).bit_length())
    if x.size == CHUNK:
        return evaluation(x)
    filled = np.zeros(size + 5, x.dtype)
    filled[-x.size :] = x  # the last elements are the tail
    return evaluation(filled)[-x.size :]


def in_small_arrays(evaluation: Evaluation, x: np.ndarray, length: int) -> np.ndarray:
    """The activation of x, so many at a time."""
    whole = np.resize(x, -(-x.size // length) * length).reshape(-1, length)
    return np.concatenate([evaluation(part) for part in whole])[: x.size]


def scan(
    evaluations: dict[str, Evaluation], activation: str, form: Format, every: int
) -> dict[str, Any]:
    """Profiles by mode; the truth is worked out once for all of them."""
    truth_at = truth_of(activation, form)
    profiles = {mode: Profile(form) for mode in evaluations}
    same = dict.fromkeys(evaluations, True)
    first = next(iter(evaluations))
    for chunk in chunks_of(activation, form, every):
        x = form.decode(chunk)
        with np.errstate(all="ignore"):
            truth = truth_at(x)
        results = {}
        for mode, evaluation in evaluations.items():
            with np.errstate(all="ignore"):
                results[mode] = padded(evaluation, chunk)
            profiles[mode].update(x, form.decode(results[mode]), truth)
            same[mode] &= results[mode].tobytes() == results[first].tobytes()
    found = {}
    for mode, evaluation in evaluations.items():
        small = small_arrays(evaluation, profiles[mode], truth_at)
        moved = confirmed(profiles[mode], activation)
        confirmed(small, activation)
        profiles[mode].merge(small)
        found[mode] = {
            **profiles[mode].to_json(),
            "worst in small arrays": list(small.worst()),
            "same bits as " + first: same[mode],
            "mpmath moved it by": moved,
        }
    return found


def small_arrays(
    evaluation: Evaluation, profile: Profile, truth_at: Callable[[np.ndarray], np.ndarray]
) -> Profile:
    """The worst points so far and a sample, in arrays of each small length."""
    form = profile.form
    worst = form.encode(np.array([x for _, x, _ in profile.binades.values()]))
    numbers = np.concatenate([worst, small_sample(form)])
    x = form.decode(numbers)
    order = np.argsort(x)
    with np.errstate(all="ignore"):
        truth = truth_at(x)[order]
    found = Profile(form)
    for length in SMALL_LENGTHS:
        with np.errstate(all="ignore"):
            computed = form.decode(in_small_arrays(evaluation, numbers, length))
        found.update(x[order], computed[order], truth)
    return found


def confirmed(profile: Profile, activation: str) -> Optional[float]:
    """How far the measurement was off, in ulp, by mpmath; None where that is not installed."""
    try:
        import mpmath  # noqa: F401
    except ImportError:
        return None
    return profile.confirm(lambda x: exactly(activation, x))


def at_the_ends(evaluation: Evaluation, activation: str, form: Format) -> list[str]:
    """Where NaN does not give NaN, or ±∞ not the limit to 2 ulp; in short and in long arrays."""
    places: dict[str, set[str]] = {}
    for length in END_LENGTHS:
        for x, limit in zip((math.nan, -math.inf, math.inf), (math.nan, *LIMITS[activation])):
            numbers = form.encode(np.full(length, x))
            with np.errstate(all="ignore"):
                computed = form.decode(evaluation(numbers))
                near = np.abs(computed - limit) <= abs(limit) * 2.0 ** (2 - form.precision)
            right = np.isnan(computed) if math.isnan(limit) else near | (computed == limit)
            for value in computed[~right][:1]:
                places.setdefault(f"f({x:g}) = {value:.4g}", set()).add(
                    "short" if length < LONG else "long"
                )
    return [
        text if len(where) == 2 else f"{text} in {where.pop()} arrays"
        for text, where in places.items()
    ]


def scan_softmax(evaluation: Evaluation, form: Format) -> dict[str, Any]:
    """Seeded normal rows of several lengths and scales; the worst for each length."""
    wide = np.longdouble if form.name == "float64" else np.float64
    profile, lengths = Profile(form), {}
    generator = np.random.default_rng(SEED)
    for n in ROW_LENGTHS:
        of_length = Profile(form)
        for scale in ROW_SCALES:
            rows = form.encode(scale * generator.standard_normal((ROW_NUMBERS // n, n)))
            x = form.decode(rows)
            with np.errstate(all="ignore"):
                truth = softmax(x.astype(wide)).ravel()
                computed = form.decode(evaluation(rows)).ravel()
            order = np.argsort(truth)
            of_length.update(x.ravel()[order], computed[order], truth[order])
        lengths[n] = of_length.worst()[0]
        profile.merge(of_length)
    return {**profile.to_json(), "worst by length": lengths}
