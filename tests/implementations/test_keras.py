"""Keras: its printed summary is read back, and faults seeded beneath it are caught in every mode.

Each run is a process of its own, because TensorFlow takes seconds to import and a seeded fault
stays in the process.
"""

from __future__ import annotations

import importlib.util
import re
import sys

import pytest
from command_line import PROPERTIES, ROOT, run, run_pytest

from conformance.implementations.keras.summary import parse_summary
from conformance.implementations.protocol import ImplementationError, Summary, SummaryRow

needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)

# As printed by Keras 2.7.
KERAS_2 = """\
Model: "model_1"
_________________________________________________________________
 Layer (type)                Output Shape              Param #
=================================================================
 input_2 (InputLayer)        [(None, None, 300)]       0

 simple_rnn_1 (SimpleRNN)    (None, 500)               400500

 dense_1 (Dense)             (None, 2)                 1002

=================================================================
Total params: 401,502
Trainable params: 401,502
Non-trainable params: 0
_________________________________________________________________
"""

# As printed by Keras 2.15.
KERAS_2_15 = KERAS_2.replace("401,502", "401502 (1.53 MB)").replace(": 0", ": 0 (0.00 Byte)")

# As printed by Keras 3.15.
KERAS_3 = """\
Model: "functional_1"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ input_layer_1 (InputLayer)      │ (None, None, 300)      │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ simple_rnn_1 (SimpleRNN)        │ (None, 500)            │       400,500 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense_1 (Dense)                 │ (None, 2)              │         1,002 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 401,502 (1.53 MB)
 Trainable params: 401,502 (1.53 MB)
 Non-trainable params: 0 (0.00 B)
"""

PRINTED = {"Keras 2.7": KERAS_2, "Keras 2.15": KERAS_2_15, "Keras 3": KERAS_3}


# --- The printed summary ---------------------------------------------------------------------


@pytest.mark.parametrize("version", PRINTED)
def test_a_printed_summary_is_read_back(version):
    assert parse_summary(PRINTED[version].splitlines()) == Summary(
        rows=[
            SummaryRow("InputLayer", (None, None, 300), 0),
            SummaryRow("SimpleRNN", (None, 500), 400500),
            SummaryRow("Dense", (None, 2), 1002),
        ],
        total=401502,
        trainable=401502,
        non_trainable=0,
    )


@pytest.mark.parametrize("version", PRINTED)
def test_a_fixed_time_is_read_back(version):
    lines = PRINTED[version].replace("(None, None, 300)", "(None, 10, 300)").splitlines()
    assert parse_summary(lines).rows[0].output_shape == (None, 10, 300)


@pytest.mark.parametrize("version", PRINTED)
@pytest.mark.parametrize(
    ("printed", "misprinted"),
    [(r"\b400,?500\b", "400,499"), (r"401,?502", "401501"), (r"\(None, 500\)", "(None, 501)")],
)
def test_a_misprint_is_read_as_it_is_printed(version, printed, misprinted):
    text = PRINTED[version]
    wrong = re.sub(printed, misprinted, text, count=1)
    assert wrong != text
    assert parse_summary(wrong.splitlines()) != parse_summary(text.splitlines())


@pytest.mark.parametrize("version", PRINTED)
@pytest.mark.parametrize("what", ["Total", "Trainable", "Non-trainable"])
def test_a_missing_total_is_named(version, what):
    lines = [x for x in PRINTED[version].splitlines() if not x.strip().startswith(what)]
    with pytest.raises(ImplementationError, match=f"^the printed summary has no line '{what} pa"):
        parse_summary(lines)


# --- Runs ------------------------------------------------------------------------------------

#: Fault, options, then what a report says and how many of how many tests fail.
SEEDED = [
    (
        "predict_spoils_later_calls",
        ("-k", "test_modes_agree_on_one_network", "--modes", "call,predict"),
        "the output of mode call differs from the recurrence",
        (1, 1),
    ),
    (
        "bias_not_counted",
        ("-k", "summary or parameter_count", "--modes", "call"),
        "SimpleRNN's count is ",
        (2, 2),
    ),
    (
        "wrong_only_under_xla",
        ("-k", "last_output", "--modes", "call,xla"),
        "the output differs from the recurrence by more than rounding explains",
        (1, 2),
    ),
    (
        "wrong_only_in_predict",
        ("-k", "last_output", "--modes", "predict,predict_on_batch"),
        "the numbers are those of: The samples come back in reverse",
        (1, 2),
    ),
    (
        "wrong_only_in_graph_mode",
        ("-k", "last_output", "--modes", "call,graph"),
        "the numbers are those of: The bias is missing",
        (1, 2),
    ),
    (
        "fresh_kernel_is_he_uniform",
        ("-k", "test_fresh_kernels or test_fresh_biases", "--modes", "call"),
        "kernel: an entry of size ",
        (1, 2),
    ),
]


@needs_tensorflow
@pytest.mark.parametrize(
    ("fault", "options", "found", "verdict"), SEEDED, ids=[row[0] for row in SEEDED]
)
def test_a_fault_seeded_into_keras_is_caught_where_it_is(tmp_path, fault, options, found, verdict):
    done = run_pytest(
        tmp_path, "--implementation", "keras", "--fault", fault, "--dtypes", "float32",
        "--conformance-profile", "quick", "--hypothesis-seed", "1", *options,
    )  # fmt: skip
    failing, tests = verdict
    assert done.status == 1
    assert done.summary[0] == f"keras+{fault} FAILS. Not always true:"
    assert any(found in line for report in done.failures for line in report)
    assert f"conforms: {tests - failing}   fails: {failing} " in done.summary[-1]


@needs_tensorflow
def test_keras_itself_passes_in_every_mode(tmp_path):
    done = run_pytest(
        tmp_path, "-k", "last_output", "--conformance-profile", "quick",
        "--hypothesis-seed", "1", "--dtypes", "float32",
    )  # fmt: skip
    assert done.status == 0
    assert re.match(r"keras CONFORMS in \d+ cases, computed on CPU:0", done.summary[0])
    assert "conforms: 5   fails: 0   not applicable: 0   not run: 0 " in done.summary[-1]
    assert re.search(r"keras · keras \d\S*, tensorflow \d", done.text)


@needs_tensorflow
def test_collecting_does_not_import_tensorflow(tmp_path):
    arguments = ["-q", "--collect-only", "-p", "no:cacheprovider", str(PROPERTIES)]
    code = (
        f"import sys, pytest\nstatus = pytest.main({arguments})\n"
        "print(int(status), sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    done = run(sys.executable, "-c", code, cwd=tmp_path, path=str(ROOT))
    assert done.text.splitlines()[-1] == "0 []"
    assert "test_last_output_equals_the_recurrence[keras-graph-float32]" in done.text


@needs_tensorflow
def test_a_program_that_has_used_tensorflow_before_can_be_asked(tmp_path):
    text = """
import tensorflow as tf
tf.ones(3) + 1
from conformance import check_implementation
asked = ["last_output_equals_the_recurrence"]
print(check_implementation("keras", properties=asked, modes=["call"], max_examples=2).verdict)
"""
    done = run(sys.executable, "-c", text, cwd=tmp_path, path=str(ROOT))
    assert done.status == 0
    assert done.text.splitlines()[-1] == "conforms"
