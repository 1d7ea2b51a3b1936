"""Initializers: each named one fills a weight as it is documented to."""

from __future__ import annotations

import numpy as np

from conformance.checking.check import holds_for
from conformance.checking.judging import require
from conformance.checking.record import Record
from conformance.expected.initializers import Distribution, distribution, fixed_entries
from conformance.implementations.capabilities.initializers import Initializers
from conformance.numerics import chance
from conformance.numerics.arithmetic import REFERENCE
from conformance.numerics.bounded import INFLATION
from strategies.choices import Choice
from strategies.initializers import FIXED_INITIALIZERS, Birth, births
from strategies.plain_networks import WEIGHTS


@holds_for(needs=(Initializers,), per_mode=False, builds=True, birth=lambda subject: births())
def test_initializers_have_their_documented_distribution(record: Record, birth: Birth) -> None:
    """Initializers have their distributions.

    Fixed entries are those that are stated. Random ones are inside their limits, and chance
    explains their distribution, their extremes, and how neighbours agree.
    """
    weights = record.subject.capability(Initializers).born(birth, record.subject.dtype)
    for (layer, name), weight, choice, shape in zip(
        WEIGHTS, weights, birth.initializers, birth.shapes
    ):
        where = f"{name} of {layer}, {choice}"
        require(weight.shape == shape, f"{where}: the shape is {weight.shape}, must be {shape}")
        require(bool(np.isfinite(weight).all()), f"{where}: not all entries are finite")
        if choice is None:
            continue
        u = record.subject.arithmetic.unit_roundoff
        fixed, drawn = fixed_entries(choice, shape), distribution(choice, shape)
        if fixed is not None:
            same = np.abs(weight - fixed) <= 2 * u * np.abs(fixed)
            worst = int(np.argmin(same))
            got, wanted = float(weight.ravel()[worst]), float(fixed.ravel()[worst])
            require(bool(same.all()), f"{where}: an entry is {got!r}, must be {wanted!r}")
        elif drawn is not None:
            _judge_limits(where, weight, drawn, u)
            _judge_distribution(where, weight, drawn)
        else:
            _judge_orthogonal(record, where, weight, choice)


def _judge_limits(where: str, weight: np.ndarray, drawn: Distribution, u: float) -> None:
    """Inside the limits, up to the rounding of a product with the scale and a sum with the centre.

    The scale is itself rounded, and that of a uniform distribution is a difference.
    """
    size = abs(drawn.centre) + drawn.largest * drawn.scale
    largest = drawn.largest * drawn.scale + 6 * u * size
    most = float(np.abs(weight.astype(float) - drawn.centre).max())
    require(most <= largest, f"{where}: an entry is {most:.9g} from the centre, not {largest:.9g}")


def _judge_distribution(where: str, weight: np.ndarray, drawn: Distribution) -> None:
    """As far as chance goes, see `conformance.numerics.chance`."""
    entries, n = np.sort(weight.ravel()), weight.size
    below = drawn.below(entries)
    ranks = np.arange(n + 1) / n
    distance = float(np.maximum(ranks[1:] - below, below - ranks[:-1]).max())
    furthest = chance.furthest_distribution(n)
    require(
        distance <= furthest,
        f"{where}: the distribution is off by {distance:.3g}, chance explains {furthest:.3g}",
    )
    least, most = chance.most_extreme_tail(n)
    for side, tail in (
        ("largest", float(drawn.beyond(entries[-1:])[0])),
        ("smallest", float(below[0])),
    ):
        require(
            tail <= most and (tail >= least or drawn.kind != "normal"),
            f"{where}: the probability beyond the {side} of {n} entries is {tail:.3g}, "
            f"chance explains {least:.3g} to {most:.3g}",
        )
    if drawn.kind == "normal":
        low, high = chance.mean_square_range(n)
        got = float(np.square(drawn.standard(weight)).mean())
        require(
            low <= got <= high,
            f"{where}: the variance is {got:.4g} of what it must be, chance explains "
            f"{low:.4g} to {high:.4g}",
        )
    for axis in range(weight.ndim):
        k, pairs = chance.agreements(weight > drawn.centre, axis)
        require(
            chance.may_be_binomial(k, pairs, 0.5),
            f"{where}: {k} of {pairs} neighbours along axis {axis} have the same sign",
        )


def _judge_orthogonal(record: Record, where: str, weight: np.ndarray, choice: Choice) -> None:
    """Orthonormal columns, or rows where these are fewer, times the gain; any of them as likely.

    Q from Householder reflections, as for a fresh recurrent kernel: within √n γ_{cmn} of an
    orthogonal matrix, where it is m by n, in the Frobenius norm (Higham 2002, theorem 19.4 and the
    text after it; c is taken as 10). Changing the signs of rows leaves Q as likely as before, so
    that the signs of its diagonal are those of fair coins.
    """
    gain = choice.get("gain", 1.0)
    Q = weight.astype(float) / gain
    Q = Q if Q.shape[0] >= Q.shape[1] else Q.T
    m, n = Q.shape
    storage = record.subject.arithmetic.storage
    off = np.sqrt(n) * storage.gamma(10 * m * n + 2)
    bound = (2 * off + off * off + n * REFERENCE.gamma(m + 2)) * INFLATION
    distance = float(np.linalg.norm(Q.T @ Q - np.eye(n)))
    record.shares.append(distance / bound)
    require(
        distance <= bound, f"{where}: ‖QᵀQ − I‖ is {distance:.3g}, rounding explains {bound:.3g}"
    )
    positive = int((np.diag(Q) > 0).sum())
    require(
        chance.may_be_binomial(positive, n, 0.5),
        f"{where}: {positive} of {n} numbers on the diagonal are positive",
    )


@holds_for(
    needs=(Initializers,), per_mode=False, builds=True, birth=lambda subject: births(max_extent=32)
)
def test_the_same_seed_gives_the_same_weights(record: Record, birth: Birth) -> None:
    """The same seed gives the same weights.

    The seed of an initializer, or that of the whole program; and another seed gives others.
    """
    born, dtype = record.subject.capability(Initializers).born, record.subject.dtype
    weights = born(birth, dtype)
    again = born(birth, dtype)
    # What has a seed of its own does not depend on that of the program.
    other = born(birth._replace(seed=birth.seed + 1), dtype)
    for (layer, name), first, second, third, choice in zip(
        WEIGHTS, weights, again, other, birth.initializers
    ):
        where = f"{name} of {layer}, {choice}"
        same = first.tobytes() == second.tobytes()
        require(same, f"{where}: a second network with the same seeds has other entries")
        if choice is None or choice.name in FIXED_INITIALIZERS:
            continue
        changed = first.tobytes() != third.tobytes()
        if choice.get("seed", None) is not None:
            require(not changed, f"{where}: its entries change with the seed of the program")
        elif first.size >= 16:
            require(changed, f"{where}: the seed of the program does not matter")
