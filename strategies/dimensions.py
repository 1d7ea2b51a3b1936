"""How large a case is: N samples, T time steps, D features, M hidden units, K outputs."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Sequence

import numpy as np
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from strategies._validation import check_range
from strategies.cell import Cell
from strategies.facts import has_facts
from strategies.options import PLAIN, Options, Row

#: The fields that name an activation.
ACTIVATIONS = ("activation", "dense_activation", "recurrent_activation")


class NetworkSize(NamedTuple):
    """What fixes a network: cell, D, M, K, activations, options; T and N where it is built for one.

    ``recurrent_activation`` is that of the gates, where the cell has gates. The defaults are the
    notebook's.
    """

    cell: Cell
    D: int
    M: int
    K: int
    T: Optional[int] = None
    activation: str = "tanh"
    dense_activation: str = "linear"
    recurrent_activation: str = "sigmoid"
    options: Options = PLAIN
    N: Optional[int] = None


@has_facts(**dict.fromkeys(("cell", *"NTDMK", "static_time", *ACTIVATIONS, *Options._fields)))
class Dimensions(NamedTuple):
    """The cell, the five dimensions of a case, whether the network is built for T, and the rest.

    A network that is stateful is built for N as well.
    """

    cell: Cell
    N: int
    T: int
    D: int
    M: int
    K: int
    static_time: bool = False
    activation: str = "tanh"
    dense_activation: str = "linear"
    recurrent_activation: str = "sigmoid"
    options: Options = PLAIN

    @property
    def network(self) -> NetworkSize:
        """What the network that can answer this case is built from."""
        return NetworkSize(
            self.cell,
            self.D,
            self.M,
            self.K,
            self.T if self.static_time else None,
            self.activation,
            self.dense_activation,
            self.recurrent_activation,
            self.options,
            self.N if self.options.stateful else None,
        )

    @property
    def facts(self) -> dict[str, Any]:
        """What the condition of a known deviation may ask."""
        facts = {**self._asdict(), **self.options._asdict(), "cell": self.cell.name}
        del facts["options"]
        return facts


def extents(minimum: int, maximum: int) -> list[int]:
    """Every number from ``minimum`` to ``maximum``, the small ones repeated, in order.

    Sampled uniformly it gives ``minimum`` itself about one time in nine (the edge where most
    shape mistakes show), one of the seven next numbers seven times in ten, and anything up to
    ``maximum`` in the rest.
    """
    small = range(minimum + 1, min(minimum + 8, maximum + 1))
    large = range(minimum + 8, maximum + 1)
    if not small:
        return [minimum]
    repeat = max(1, len(large) * 4 // len(small))
    edge = max(1, repeat * len(small) // 6)
    return [minimum] * edge + [n for n in small for _ in range(repeat)] + list(large)


class _Ranges(NamedTuple):
    samples: list[int]
    time_steps: list[int]
    features: list[int]
    units: list[int]
    outputs: list[int]


def dimensions(
    cell: Cell,
    *,
    min_samples: int = 1,
    max_samples: int = 40,
    min_time_steps: int = 1,
    max_time_steps: int = 64,
    min_features: int = 1,
    max_features: int = 32,
    min_units: int = 1,
    max_units: int = 32,
    min_outputs: int = 1,
    max_outputs: int = 16,
    max_networks: Optional[int] = None,
    one_batch_per_network: bool = False,
    pool_seed: int = 0,
    activations: Sequence[str] = ("tanh",),
    dense_activations: Sequence[str] = ("linear",),
    options: Sequence[Row] = ((PLAIN, {}),),
) -> st.SearchStrategy[Dimensions]:
    """Dimensions of a case of this cell. Small numbers are frequent, and 1 is the most frequent.

    Building a network costs a hundred times more than running it. ``max_networks`` limits
    the draw to that many different networks (D, M, K and, for one in four, a fixed T), a
    pool chosen by ``pool_seed`` from the same distribution; None is no limit. With
    ``one_batch_per_network`` each of them has its own N and T, for implementations that
    compile every shape anew.

    ``activations`` and ``dense_activations`` are those of the layer and of Dense. The networks of
    a pool have them in turn, so that each occurs where the pool is as large as there are names.
    ``options`` are those of the networks of a pool, in turn as well; each has activations of its
    own beside it, or none for those of ``activations``.

    Shrinks towards the smallest of every dimension, or the smallest member of the pool.

    Raises:
        InvalidArgument: a range is empty, not positive or not of integers, or
            ``one_batch_per_network`` or several ``options`` are asked for without
            ``max_networks``.
    """
    check_range("samples", min_samples, max_samples)
    check_range("time_steps", min_time_steps, max_time_steps)
    check_range("features", min_features, max_features)
    check_range("units", min_units, max_units)
    check_range("outputs", min_outputs, max_outputs)
    if max_networks is not None and (type(max_networks) is not int or max_networks < 1):
        raise InvalidArgument(f"max_networks={max_networks!r}: must be an integer, at least 1")
    if one_batch_per_network and max_networks is None:
        raise InvalidArgument("one_batch_per_network=True needs max_networks")
    if len(options) > 1 and max_networks is None:
        raise InvalidArgument("several options need max_networks")
    ranges = _Ranges(
        extents(min_samples, max_samples),
        extents(min_time_steps, max_time_steps),
        extents(min_features, max_features),
        extents(min_units, max_units),
        extents(min_outputs, max_outputs),
    )
    for name, choices in (("activations", activations), ("dense_activations", dense_activations)):
        if not choices:
            raise InvalidArgument(f"{name}={choices!r}: must name at least one")
    if max_networks is None:
        free = _free_networks(cell, ranges, activations, dense_activations, options[0][0])
        return st.builds(_assemble, free, *_free_batches(ranges))
    rng = np.random.default_rng(pool_seed)
    networks = network_pool(cell, ranges, max_networks, rng)
    if (*activations, *dense_activations) != ("tanh", "linear"):
        networks = _activated(networks, activations, dense_activations, rng)
    networks = _optioned(networks, options, ranges, rng)
    if one_batch_per_network:
        batches = batch_pool(ranges, len(networks), rng)
        return st.sampled_from([_assemble(of, N, T) for of, (N, T) in zip(networks, batches)])
    return st.builds(_assemble, st.sampled_from(networks), *_free_batches(ranges))


def _assemble(network: NetworkSize, N: int, T: int) -> Dimensions:
    N, T = network.N or N, network.T or T
    return Dimensions(
        network.cell,
        N,
        T,
        network.D,
        network.M,
        network.K,
        network.T is not None,
        network.activation,
        network.dense_activation,
        network.recurrent_activation,
        network.options,
    )


def _activated(
    networks: list[NetworkSize],
    activations: Sequence[str],
    dense_activations: Sequence[str],
    rng: np.random.Generator,
) -> list[NetworkSize]:
    """The same networks with activations in turn, those of Dense and of gates in other orders."""
    size = len(networks)
    hidden = [activations[i % len(activations)] for i in range(size)]
    outer = [dense_activations[i % len(dense_activations)] for i in rng.permutation(size)]
    networks = [
        network._replace(activation=a, dense_activation=b)
        for network, a, b in zip(networks, hidden, outer)
    ]
    if "recurrent_activation" not in dict(networks[0].cell.activations):
        return networks
    gates = [activations[i % len(activations)] for i in rng.permutation(size)]
    return [network._replace(recurrent_activation=a) for network, a in zip(networks, gates)]


def _optioned(
    networks: list[NetworkSize],
    options: Sequence[Row],
    ranges: _Ranges,
    rng: np.random.Generator,
) -> list[NetworkSize]:
    """A network for each of the options, with T and N fixed where they ask for it.

    Options without activations of their own are those of every network.
    """
    if not options[0][1]:
        options = [options[0]] * len(networks)
    optioned = []
    for i, (chosen, activations) in enumerate(options):
        network = networks[i % len(networks)]
        if chosen.unroll and network.T is None:
            network = network._replace(T=int(rng.choice(ranges.time_steps)))
        N = int(rng.choice(ranges.samples)) if chosen.stateful else None
        named: dict[str, Any] = {**activations, "options": chosen, "N": N}
        optioned.append(network._replace(**named))
    return optioned


def _free_networks(
    cell: Cell,
    ranges: _Ranges,
    activations: Sequence[str],
    dense_activations: Sequence[str],
    options: Options,
) -> st.SearchStrategy[NetworkSize]:
    fixed_time = st.sampled_from([None, None, None, "fixed"]).flatmap(
        lambda fixed: st.sampled_from(ranges.time_steps) if fixed else st.none()
    )
    parts = st.tuples(
        st.sampled_from(ranges.features),
        # Hypothesis likes to copy choices between equal draws, which gives D = M half of the
        # time; lists of different lengths are not equal.
        st.sampled_from(ranges.units + ranges.units[:1]),
        st.sampled_from(ranges.outputs),
        fixed_time,
        st.sampled_from(list(activations)),
        st.sampled_from(list(dense_activations)),
    )
    # Not `st.builds`, which would draw the other fields of a NamedTuple by their types.
    return parts.map(lambda chosen: NetworkSize(cell, *chosen)._replace(options=options))


def _free_batches(ranges: _Ranges) -> tuple[st.SearchStrategy[int], st.SearchStrategy[int]]:
    """N and T; where the network is built for one, that one counts."""
    return st.sampled_from(ranges.samples), st.sampled_from(ranges.time_steps)


def network_pool(
    cell: Cell, ranges: _Ranges, size: int, rng: np.random.Generator
) -> list[NetworkSize]:
    """At most ``size`` network sizes, smallest first; every fourth has a fixed T.

    A Latin hypercube, so that even a small pool has its share of ones and of large numbers
    in every dimension. Where the ranges allow it one network has D = M = K, so that a
    transposed kernel fits, and no other has D = M, so that it does not fit.
    """
    squares = sorted({*ranges.features} & {*ranges.units} & {*ranges.outputs} - {1})[:7]
    for _ in range(50):
        D, M, K, T = (_stratified(rng, values, size) for values in ranges[2:] + ranges[1:2])
        if squares and size > 1:
            # Not in place of a network with a 1 in it.
            i = max(range(size), key=lambda i: min(D[i], M[i], K[i]))
            D[i] = M[i] = K[i] = int(rng.choice(squares))
        if sum(d == m for d, m in zip(D, M)) <= 1:
            break
    pool = {(D[i], M[i], K[i], T[i] if i % 4 == 3 else None) for i in range(size)}
    smallest_first = sorted(
        pool, key=lambda n: (n[0] + n[1] + n[2] + (n[3] or 0), n[:3], n[3] or 0)
    )
    return [NetworkSize(cell, *extents) for extents in smallest_first]


def batch_pool(ranges: _Ranges, size: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """``size`` pairs (N, T), a Latin hypercube as well."""
    N, T = (_stratified(rng, values, size) for values in ranges[:2])
    return list(zip(N, T))


def _stratified(rng: np.random.Generator, values: list[int], size: int) -> list[int]:
    strata = rng.permutation(size)
    quantiles = (strata + rng.random(size)) / size
    if size >= 4:
        quantiles[strata == 0] = 0  # the smallest value is always there
    return [values[int(q * len(values))] for q in quantiles]
