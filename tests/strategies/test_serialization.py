"""What is drawn of configurations."""

from __future__ import annotations

from hypothesis import given
from questions import drawn

from conformance.failures.of_properties import imports_of
from strategies.choices import Choice
from strategies.serialization import (
    ARGUMENTS,
    SingleArgument,
    configurations,
    single_arguments,
)

ALL = {layer: tuple(names) for layer, names in ARGUMENTS.items()}


def test_every_argument_is_drawn_with_most_of_the_others():
    given_together = set()
    for configuration in drawn(configurations(arguments=ALL), 300):
        names = [(layer, name) for layer in ALL for name in configuration.given(layer)]
        given_together |= {(one, other) for one in names for other in names if one < other}
    names = sorted((layer, name) for layer in ALL for name in ALL[layer])
    pairs = [(one, other) for one in names for other in names if one < other]
    assert len(given_together) >= 0.95 * len(pairs)


@given(configurations(arguments=ALL))
def test_a_configuration_can_be_built(configuration):
    rnn, dense = (configuration.meant(layer) for layer in ALL)
    assert configuration.static_time or not rnn["unroll"]
    assert not (configuration.sequential and rnn["return_state"])
    for arguments in (rnn, dense):
        if arguments["dtype"] in ("float16", "bfloat16"):
            assert "Orthogonal" not in (
                arguments["kernel_initializer"].name,
                arguments.get("recurrent_initializer", Choice("")).name,
            )


@given(configurations(arguments=ALL))
def test_a_configuration_is_hashable_and_its_repr_builds_it_again(configuration):
    names = {}
    exec("\n".join(imports_of(configuration)), names)
    assert eval(repr(configuration), names) == configuration
    assert hash(eval(repr(configuration), names)) == hash(configuration)


@given(configurations(arguments={"simple_rnn": ("units", "seed"), "dense": ("units",)}))
def test_only_arguments_that_a_version_has_are_given(configuration):
    assert set(configuration.given("simple_rnn")) <= {"units", "seed"}
    assert set(configuration.given("dense")) == {"units"}


@given(single_arguments(arguments=ALL))
def test_a_single_argument_is_not_the_default(argument):
    assert argument.value != ARGUMENTS[argument.layer][argument.name].default
    with_it, without = argument.configuration(), argument.configuration(given=False)
    assert with_it.given(argument.layer)[argument.name] == argument.value
    assert with_it != without


def test_the_facts_of_a_configuration_name_what_is_given():
    argument = SingleArgument("dense", "kernel_constraint", Choice("NonNeg"))
    facts = argument.facts["arguments"]
    assert facts == "simple_rnn.units=8 dense.units=2 dense.kernel_constraint=NonNeg"
