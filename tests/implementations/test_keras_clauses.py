"""Each clause has its own module for Keras, which says where it can be asked."""

from __future__ import annotations

import importlib.util

import pytest
from command_line import run_pytest

from conformance.implementations.capabilities import BASIC, Capability, of_clauses, words
from conformance.implementations.capabilities.dropout import Dropout
from conformance.implementations.capabilities.invalid_arguments import InvalidArguments, Outcome
from conformance.implementations.capabilities.serialization import Pickling
from conformance.implementations.keras import layers
from conformance.implementations.keras.adapter import KerasCapability, of_keras
from conformance.implementations.keras.backends import KerasBackend
from conformance.implementations.keras.tensorflow import KerasTensorFlow, load_tensorflow
from conformance.implementations.numpy_loop import NumpyLoop
from conformance.implementations.protocol import ImplementationError
from conformance.properties import all_properties

OF_TENSORFLOW = {"serialization", "pickling", "refusals"}
NEED_GRADIENTS = {"training", "constraints", "optimizers"}


class Recorded(KerasTensorFlow):
    """Keras as if of a version."""

    def __init__(self, version):
        self.version = version

    def versions(self):
        return {"keras": self.version}


@pytest.mark.parametrize("capability", of_clauses(), ids=lambda c: c.__name__)
def test_keras_answers_the_capability_of_every_clause(capability):
    assert issubclass(of_keras(capability), KerasCapability)
    assert issubclass(of_keras(capability), capability)


def test_words_differ_and_properties_need_no_others():
    assert len(set(words())) == len(words())
    needed = set().union(*(found.needs for found in all_properties().values()))
    assert needed - set(BASIC) - {"several modes", "mode predict"} == set(words()) - set(BASIC)


@pytest.mark.parametrize(
    ("backend", "missing"),
    [
        ("jax", OF_TENSORFLOW),
        ("torch", OF_TENSORFLOW),
        ("numpy", OF_TENSORFLOW | NEED_GRADIENTS),
        ("openvino", {c.word for c in of_clauses()}),
    ],
)
def test_a_backend_declares_what_it_can_be_asked(backend, missing):
    declared = KerasBackend(backend).capabilities
    assert {c.word for c in of_clauses()} - declared == missing


@pytest.mark.parametrize(
    ("version", "pickles"), [("2.15.0", True), ("3.0.5", False), ("3.2.1", False), ("3.3.0", True)]
)
def test_models_are_pickled_from_keras_3_3_on(version, pickles):
    assert (Pickling.word in Recorded(version).capabilities) == pickles


def test_the_users_own_answers_itself():
    class Mine(InvalidArguments, NumpyLoop):
        def outcome_of(self, wrong):
            return Outcome(("ValueError",), "no")

    assert Mine().capability(InvalidArguments).outcome_of(None).message == "no"
    with pytest.raises(ImplementationError) as refused:
        Mine().capability(Dropout)
    assert str(refused.value) == ("the capability 'dropout' is declared, and Mine is no Dropout")


def test_a_capability_that_keras_has_no_module_for_is_refused():
    class Elsewhere(Capability):
        word = "elsewhere"

    with pytest.raises(ImplementationError, match="KerasTensorFlow is no Elsewhere"):
        KerasTensorFlow().capability(Elsewhere)


@pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)
@pytest.mark.parametrize("name", ["simple_rnn", "lstm", "gru"])
def test_a_layer_of_keras_is_given_what_is_asked_for_and_nothing_else(name):
    keras = load_tensorflow().keras
    layer = layers.recurrent(keras, name, 3, name="mine")
    cell = layers.recurrent_cell(keras, name, units=3)
    default = getattr(keras.layers, type(layer).__name__)(3)
    assert type(layer).__name__.lower() == name.replace("_", "")
    assert type(layer.cell) is type(cell)
    assert (layer.name, layer.units) == ("mine", 3)
    given = {"name": None, "seed": None}
    assert {**layer.get_config(), **given} == {**default.get_config(), **given}
    assert layers.dense(keras, 2, use_bias=False).get_config()["use_bias"] is False


@pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)
def test_layers_are_judged_alike_whatever_was_built_before(tmp_path):
    done = run_pytest(
        tmp_path,
        "--modes=call",
        "--dtypes=float16,float32",
        "--conformance-profile=quick",
        "-k",
        "can_be_built or says_what_it_was_given",
    )
    assert done.status == 0, done.text
