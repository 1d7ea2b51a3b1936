"""Each fault of configurations, files and refusals that is seeded into Keras is caught."""

from __future__ import annotations

import importlib.util
import json
import re
import sys

import pytest
from command_line import ROOT, run, run_pytest
from subjects import PROPERTIES

from conformance.faults import faults_of

needs_keras_3 = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None
    or importlib.util.find_spec("keras") is None
    or importlib.util.find_spec("keras.src.ops") is None,
    reason="Keras 3 on TensorFlow is not installed",
)


#: The property that catches each fault, and the number of cases that it takes.
CAUGHT_BY = {
    "go_backwards_not_in_config": ("test_a_layer_says_what_it_was_given", 12),
    "zero_output_for_mask_not_in_config": ("test_from_config_keeps_everything", 12),
    "recurrent_dropout_reported_as_dropout": ("test_json_keeps_everything", 40),
    "bias_constraint_reported_as_kernel_constraint": ("test_a_models_config_keeps_everything", 12),
    "l2_of_a_config_is_the_default": ("test_serialize_keeps_everything", 40),
    "rate_of_a_constraint_not_in_config": ("test_a_layer_says_what_it_was_given", 48),
    "a_rebuilt_dense_is_linear": ("test_clone_model_keeps_everything", 40),
    "a_rebuilt_layer_is_trainable": ("test_from_config_keeps_everything", 12),
    "a_clone_has_other_names": ("test_clone_model_keeps_everything", 6),
    "weights_loaded_as_float16": ("test_a_keras_file_keeps_everything", 6),
    "last_bit_of_h5_weights_lost": ("test_an_h5_file_keeps_everything", 6),
    "biases_not_loaded": ("test_weights_files_keep_every_bit", 6),
    "a_copy_has_rounded_weights": ("test_pickle_keeps_everything", 6),
    "a_deep_copy_is_a_new_model": ("test_deepcopy_keeps_everything", 6),
    "a_model_from_json_forgets_the_policy": ("test_json_keeps_everything", 30),
    "exported_weights_are_rounded": ("test_a_saved_model_keeps_everything", 4),
    "dense_ignores_its_activity_regularizer": ("test_every_argument_has_an_effect", 80),
    "recurrent_dropout_has_no_effect": ("test_every_argument_has_an_effect", 80),
    "zero_output_for_mask_has_no_effect": ("test_every_argument_has_an_effect", 80),
    "negative_units_made_positive": ("test_units_must_be_a_positive_integer", 100),
    "units_rounded_down": ("test_units_must_be_a_positive_integer", 100),
    "unknown_activations_are_linear": ("test_names_that_nothing_has_are_refused", 100),
    "unknown_constraints_are_none": ("test_names_that_nothing_has_are_refused", 100),
    "unknown_arguments_are_dropped": ("test_names_that_nothing_has_are_refused", 100),
    "a_missing_axis_is_added": ("test_inputs_that_do_not_fit_are_refused", 50),
    "features_are_not_checked": ("test_inputs_that_do_not_fit_are_refused", 50),
    "dropout_is_read_from_text": ("test_dropout_must_be_between_0_and_1", 50),
    "a_second_state_is_ignored": ("test_states_that_do_not_fit_are_refused", 50),
    "masks_are_cut": ("test_masks_that_do_not_fit_are_refused", 50),
    "weights_are_made_to_fit": ("test_weights_that_do_not_fit_are_refused", 50),
    "an_unknown_time_is_looped": ("test_lengths_that_must_be_known_are_demanded", 25),
    "no_state_for_unknown_samples": ("test_lengths_that_must_be_known_are_demanded", 25),
    "errors_say_nothing": ("test_weights_that_do_not_fit_are_refused", 25),
}

#: Many faults in one process, which imports TensorFlow once: a patch is undone after its check.
#: What is known of Keras itself is excused as in a run, so that nothing but the fault can fail.
SCRIPT = """
import json, sys, warnings
sys.path.insert(0, {tests!r})
warnings.simplefilter("ignore")
from conformance.checking import search as searching
from conformance.checking.check import check
from conformance.faults import faults_of
from conformance.implementations.keras.tensorflow import KerasTensorFlow, load_tensorflow
from conformance.checking.subject import Run, Subject
from subjects import PROPERTIES

searching.SIMPLIFY_SECONDS = 0.0
searching._failures_only = lambda database: None
tf = load_tensorflow()
keras = tf.keras
kinds = [keras.layers.SimpleRNN, keras.layers.Dense, keras.layers.SimpleRNNCell, keras.Model]
kinds += [keras.regularizers.L2, keras.constraints.MinMaxNorm]
kinds = {{base for kind in kinds for base in kind.__mro__ if base is not object}}
modules = [keras.models, *(
    getattr(sys.modules[keras.layers.SimpleRNNCell.__module__], name)
    for name in ("activations", "constraints")
)]
places = [*kinds, *modules]


def undo(kept):
    for place, before in zip(places, kept):
        for name in set(vars(place)) - set(before):
            delattr(place, name)
        for name, value in before.items():
            if vars(place)[name] is not value:
                setattr(place, name, value)


def verdict(name, cases):
    subject = Subject(KerasTensorFlow(), None, "float32", Run(seed=1, max_examples=cases))
    result = check(PROPERTIES[name], subject)
    return [result.verdict, result.reason]


found = {{}}
for fault, (name, cases) in json.loads({caught_by!r}).items():
    kept = [dict(vars(place)) for place in places]
    faults_of("keras")[fault].keras(tf)
    found[fault] = verdict(name, cases)
    undo(kept)
print("FOUND", json.dumps(found))
"""


def test_there_is_a_property_for_every_fault_of_layers():
    groups = ("serialization", "refusals")
    assert set(CAUGHT_BY) == {name for name, f in faults_of("keras").items() if f.group in groups}


def test_there_is_a_fault_for_every_property_of_layers():
    clauses = ("serialization", "invalid arguments")
    of_layers = {name for name, found in PROPERTIES.items() if found.clause in clauses}
    assert {name for name, _ in CAUGHT_BY.values()} == of_layers


@needs_keras_3
@pytest.mark.parametrize("quarter", range(4))
def test_every_fault_of_layers_is_caught(tmp_path, quarter):
    chosen = dict(list(CAUGHT_BY.items())[quarter::4])
    text = SCRIPT.format(tests=str(ROOT / "tests"), caught_by=json.dumps(chosen))
    (tmp_path / "faults.py").write_text(text, encoding="utf-8")
    done = run(sys.executable, "faults.py", cwd=tmp_path, path=str(ROOT))
    assert done.status == 0, done.text
    found = json.loads(re.search(r"^FOUND (.*)$", done.text, re.MULTILINE)[1])
    assert {fault for fault in chosen if found[fault][0] != "fails"} == set()
    assert all(reason for _, reason in found.values())
    assert {path.name for path in tmp_path.iterdir()} <= {"faults.py", ".hypothesis"}


@needs_keras_3
def test_a_failure_names_what_was_lost_and_leaves_no_file(tmp_path):
    done = run_pytest(
        tmp_path, "--fault", "biases_not_loaded", "-k", "weights_files",
        "--dtypes", "float32", "--hypothesis-seed=1", "--max-examples", "6", "-n", "0",
    )  # fmt: skip
    assert done.status == 1
    (report,) = done.failures
    assert "FAILS: Weights files keep every bit" in report
    assert any(line.startswith("configuration: Configuration(simple_rnn=(") for line in report)
    assert any(line.startswith("found: weights[2] is array([0.") for line in report)
    assert {path.name for path in tmp_path.iterdir()} <= {".conformance", ".hypothesis"}
