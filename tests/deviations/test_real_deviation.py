"""Scripts for Keras: of a deviation of its own, and of a fault in every mode.

`predict` casts its inputs to floatx, whatever dtype the model has: a float64 model is then asked
about other inputs than it was given. The suite sets floatx for that reason; a user may not.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys

import pytest
from command_line import ROOT, run, run_pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)

MODULE = """
import tensorflow as tf


def forward(x, Wx, Wh, bh, Wo, bo):
    i = tf.keras.Input((None, Wx.shape[0]), dtype=x.dtype)
    h = tf.keras.layers.SimpleRNN(len(bh), dtype=x.dtype)(i)
    model = tf.keras.Model(i, tf.keras.layers.Dense(len(bo), dtype=x.dtype)(h))
    model.set_weights([Wx, Wh, bh, Wo, bo])
    return model.predict(x, verbose=0)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("user")
    (made / "float64_predict.py").write_text(MODULE, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def found(folder):
    return run_pytest(
        folder, "--implementation", "float64_predict:forward", "-k", "last_output_equals",
        "--max-examples", "8", "--hypothesis-seed=1",
    )  # fmt: skip


def test_it_is_found_in_float64_and_not_in_float32(found):
    assert found.status == 1
    assert len(found.failures) == 1
    assert "float64_predict:forward · mode call · float64" in found.failures[0]
    assert any(line.endswith("1 of 2 fail") for line in found.summary)


def test_its_script_fails_and_passes_once_floatx_is_set(found, folder):
    path = folder / re.search(r"script: (\S+)", "\n".join(found.failures[0]))[1]
    text = path.read_text(encoding="utf-8")
    assert found.scripts[0].strip() == text.strip()
    done = run(sys.executable, path, cwd=folder)
    assert done.status == 1
    assert done.text.strip().endswith("the difference is more than rounding explains")
    set_floatx = "import tensorflow as tf\ntf.keras.backend.set_floatx('float64')\n"
    (folder / "repaired.py").write_text(text.replace("\nx = ", f"\n{set_floatx}x = ", 1), "utf-8")
    assert run(sys.executable, "repaired.py", cwd=folder).status == 0


#: In a process with a faulty Keras: scripts for Keras as it is, in every mode and of both kinds,
#: each of which fails here.
IN_EVERY_MODE = """
import json, sys
sys.path.insert(0, {tests!r})
from conformance.checking import search as searching
from conformance.checking.check import check
from conformance.faults import seeded_fault
from conformance.implementations import load_implementation
from conformance.failures.of_answers import script
from conformance.checking.run import Run
from conformance.checking.subject import Subject
from subjects import PROPERTIES

searching.SIMPLIFY_SECONDS = 1.0
faulty = seeded_fault(load_implementation("keras"), {fault!r})
faulty.name = "keras"
texts = []
for mode in faulty.modes:
    for found in [PROPERTIES[name] for name in {properties!r}]:
        subject = Subject(faulty, mode, "float32", Run(seed=1, max_examples={cases}))
        shown = script(found, subject, check(found, subject).failure)
        assert shown.needs == "needs NumPy and the library only"
        try:
            exec(shown.text, {{}})
        except AssertionError:
            texts.append(shown.text)
print("SCRIPTS", json.dumps(texts))
"""


PLAIN = ["test_last_output_equals_the_recurrence", "test_every_step_equals_the_recurrence"]
OPTIONS = ["test_any_options_together_equal_the_recurrence"]


@pytest.mark.parametrize(
    ("fault", "properties", "cases"),
    [("no_bias", PLAIN, 10), ("mask_is_inverted", OPTIONS, 40)],
    ids=["plain", "with options"],
)
def test_scripts_fail_in_every_mode_of_a_faulty_keras_and_pass_in_a_right_one(
    tmp_path, fault, properties, cases
):
    text = IN_EVERY_MODE.format(
        tests=str(ROOT / "tests"), fault=fault, properties=properties, cases=cases
    )
    (tmp_path / "faulty.py").write_text(text, "utf-8")
    done = run(sys.executable, "faulty.py", cwd=tmp_path, path=str(ROOT))
    assert done.status == 0, done.text
    texts = json.loads(re.search(r"^SCRIPTS (.*)$", done.text, re.MULTILINE)[1])
    assert len(texts) == 5 * len(properties)
    assert not any("conformance" in text for text in texts)
    right = f"for text in {texts!r}:\n    exec(text, {{}})\nprint('ALL PASS')\n"
    (tmp_path / "right.py").write_text(right, "utf-8")
    done = run(sys.executable, "right.py", cwd=tmp_path)
    assert done.status == 0, done.text
    assert "ALL PASS" in done.text
