"""Serialization: everything that was set survives, and what comes back computes the same bits."""

from __future__ import annotations

import functools
from typing import Any, Sequence

import numpy as np
from hypothesis import strategies as st

from conformance.checking.check import holds_for
from conformance.checking.judging import require
from conformance.checking.record import Nonconformity, Record
from conformance.checking.subject import Subject
from conformance.deviations.instead import Observed
from conformance.implementations.capabilities.serialization import Pickling, Seen, Serialization
from strategies.serialization import (
    Configuration,
    SingleArgument,
    configurations,
    single_arguments,
)

#: In what a model must differ from one without the argument: one of these fields of `Seen`.
EFFECTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("activation", "go_backwards", "return_sequences", "return_state"), ("outputs",)
    ),
    **dict.fromkeys(
        ("kernel_initializer", "recurrent_initializer", "bias_initializer"), ("weights",)
    ),
    **dict.fromkeys(
        (f"{what}_regularizer" for what in ("kernel", "recurrent", "bias", "activity")),
        ("penalties",),
    ),
    **dict.fromkeys(
        (f"{what}_constraint" for what in ("kernel", "recurrent", "bias")), ("constraints",)
    ),
    **dict.fromkeys(("dropout", "recurrent_dropout", "seed"), ("training",)),
    "use_bias": ("names",),
    "trainable": ("trainable",),
    "dtype": ("weights", "outputs", "masked"),
    "name": ("layers",),
    "stateful": ("again",),
    "zero_output_for_mask": ("masked",),
    "time_major": ("outputs",),
}


def drawn(subject: Subject) -> st.SearchStrategy[Configuration]:
    """Configurations of the arguments that the version takes."""
    return configurations(arguments=subject.capability(Serialization).layer_arguments())


of_configurations = functools.partial(
    holds_for,
    needs=(Serialization,),
    per_mode=False,
    builds=True,
    one_dtype=True,
    configuration=drawn,
)


@of_configurations(often=4)
def test_a_layer_says_what_it_was_given(record: Record, configuration: Configuration) -> None:
    """A layer says what it was given.

    Its attributes do, and so does get_config(), for every argument of both layers.
    """
    seen = record.subject.capability(Serialization).seen_of(configuration)
    require_none_lost(lost_arguments(seen, configuration))


@holds_for(
    needs=(Serialization,),
    per_mode=False,
    one_dtype=True,
    runs=2,
    argument=lambda subject: single_arguments(
        arguments=subject.capability(Serialization).layer_arguments()
    ),
)
def test_every_argument_has_an_effect(record: Record, argument: SingleArgument) -> None:
    """Every argument has an effect.

    On outputs, weights or penalties, not only on what the layer says of itself. A layer that is
    unrolled computes the same; what it demands is in `test_invalid_arguments`.
    """
    ask = record.subject.capability(Serialization).seen_of
    fresh = argument.name.endswith("initializer")
    given = ask(argument.configuration(), fresh=fresh, full=True)
    plain = ask(argument.configuration(given=False), fresh=fresh, full=True)
    if argument.name == "seed":
        again = ask(argument.configuration(), full=True)
        require_same_bits("outputs in training", given.training, again.training, "the same seed")
    effects = () if argument.name == "unroll" else EFFECTS[argument.name]
    if effects and not any(_differ(getattr(given, f), getattr(plain, f)) for f in effects):
        sentence = (
            f"with {argument.name}={argument.value!r} {' and '.join(effects)} are as without it"
        )
        require_none_lost({f"{argument.layer}.{argument.name}": f"{argument.layer}: {sentence}"})


def _differ(one: Any, other: Any) -> bool:
    if not any(isinstance(value, np.ndarray) for value in [*one, *other]):
        return bool(one != other)
    return [(a.shape, a.dtype, a.tobytes()) for a in one] != [
        (a.shape, a.dtype, a.tobytes()) for a in other
    ]


@of_configurations(runs=2)
def test_from_config_keeps_everything(record: Record, configuration: Configuration) -> None:
    """A config keeps everything."""
    require_kept(record, configuration, "from_config")


@of_configurations(runs=2)
def test_serialize_keeps_everything(record: Record, configuration: Configuration) -> None:
    """What serialize() writes keeps everything."""
    require_kept(record, configuration, "serialize")


@of_configurations(runs=2)
def test_a_models_config_keeps_everything(record: Record, configuration: Configuration) -> None:
    """A model's config keeps everything."""
    require_kept(record, configuration, "model config")


@of_configurations(runs=2)
def test_clone_model_keeps_everything(record: Record, configuration: Configuration) -> None:
    """A clone keeps everything."""
    require_kept(record, configuration, "clone_model")


@of_configurations(runs=2)
def test_json_keeps_everything(record: Record, configuration: Configuration) -> None:
    """JSON keeps everything."""
    require_kept(record, configuration, "json")


@of_configurations(runs=2)
def test_a_keras_file_keeps_everything(record: Record, configuration: Configuration) -> None:
    """A .keras file keeps everything."""
    require_kept(record, configuration, ".keras")


@of_configurations(runs=2)
def test_an_h5_file_keeps_everything(record: Record, configuration: Configuration) -> None:
    """An .h5 file keeps everything."""
    require_kept(record, configuration, ".h5")


@of_configurations(runs=2)
def test_weights_files_keep_every_bit(record: Record, configuration: Configuration) -> None:
    """Weights files keep every bit.

    ``.weights.h5``, and TensorFlow's checkpoints in Keras 2, loaded into a new model.
    """
    require_kept(record, configuration, "weights")


@of_configurations(runs=6)
def test_a_saved_model_keeps_everything(record: Record, configuration: Configuration) -> None:
    """A SavedModel keeps everything.

    In Keras 3, which exports it, that is what it computes, by TensorFlow alone.
    """
    require_kept(record, configuration, "SavedModel")


@of_configurations(runs=4, needs=(Serialization, Pickling))
def test_pickle_keeps_everything(record: Record, configuration: Configuration) -> None:
    """Pickle keeps everything."""
    require_kept(record, configuration, "pickle")


@of_configurations(runs=4, needs=(Serialization, Pickling))
def test_deepcopy_keeps_everything(record: Record, configuration: Configuration) -> None:
    """A deep copy keeps everything."""
    require_kept(record, configuration, "deepcopy")


def require_kept(record: Record, configuration: Configuration, way: str) -> None:
    """State that a model of the configuration is on its return what it was.

    Raises:
        Nonconformity: says what is not. An argument that is lost is told last, so that all else
            was compared.
    """
    before, returned = record.subject.capability(Serialization).round_trip(configuration, way)
    lost: dict[str, str] = {}
    for after in returned:
        if after.arguments is not None:  # what is exported is no model any more
            if way != "weights":
                lost.update(lost_arguments(after, configuration, f" after {way}"))
            # Layers without a name have one of a new model's where only weights were kept.
            of_layers = () if way == "weights" else ("layers",)
            for what in (*of_layers, "names", "trainable", "constraints", "penalties"):
                got, expected = getattr(after, what), getattr(before, what)
                require(got == expected, f"{what} after {way} are {got!r}, they were {expected!r}")
            require_same_bits("weights", after.weights, before.weights, way)
        require_same_bits("outputs", after.outputs, before.outputs, way)
        require_same_bits("outputs of a second call", after.again, before.again, way)
    require_none_lost(lost)


def require_none_lost(lost: dict[str, str]) -> None:
    """State that no argument is lost; ``lost`` has a sentence for each that is.

    Raises:
        Nonconformity: with the first sentence. Its cause has the names of all.
    """
    if lost:
        raise Nonconformity(next(iter(lost.values()))) from Observed(*lost)


def lost_arguments(seen: Seen, configuration: Configuration, when: str = "") -> dict[str, str]:
    """A sentence for each argument that has, or reports, its default in place of what was given.

    Raises:
        Nonconformity: an argument is something else that was not given; it is named.
    """
    lost: dict[str, str] = {}
    for told, how in ((seen.arguments, "has"), (seen.configured, "reports")):
        for layer, arguments in (told or {}).items():
            meant = configuration.meant(layer)
            for name, got in arguments.items():
                if name == "name" and meant[name] is None:
                    continue
                if got == meant[name]:
                    continue
                sentence = f"{layer} {how} {name}={got!r}{when}, it was given {meant[name]!r}"
                names = configuration.lost(layer, name, got)
                require(bool(names), sentence)
                lost.update((one, sentence) for one in names if one not in lost)
    return lost


def require_same_bits(
    what: str, got: Sequence[np.ndarray], expected: Sequence[np.ndarray], way: str
) -> None:
    """State that two lists of arrays are equal bit for bit.

    Raises:
        Nonconformity: names the first that is not.
    """
    require(
        len(got) == len(expected),
        f"after {way} there are {len(got)} arrays of {what}, there were {len(expected)}",
    )
    for i, (one, other) in enumerate(zip(got, expected)):
        require(
            (one.shape, one.dtype, one.tobytes()) == (other.shape, other.dtype, other.tobytes()),
            f"{what}[{i}] is {one!r} after {way}, it was {other!r}",
        )
