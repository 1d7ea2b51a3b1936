"""A script that shows a failure: it asks again what was asked, and fails as the property did.

For Keras and for a function of the user's it needs NumPy and the library only. Whatever else is
tested, a seeded fault above all, is something that this project builds, and so the script
imports it.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Sequence

import numpy as np

from conformance.checking import Failure, Property
from conformance.comparison import compare
from conformance.subject import Question, Subject
from strategies import Case
from strategies.cases import array_text

#: Scripts are written here, in the folder where pytest was started.
FOLDER = Path(".conformance")
_PROJECT = Path(__file__).resolve().parent.parent.parent

#: The names of the tensors in a script, and in a case.
_NAMES = {
    "x": "inputs",
    "Wx": "kernel",
    "Wh": "recurrent_kernel",
    "bh": "bias",
    "Wo": "dense_kernel",
    "bo": "dense_bias",
}
_WEIGHTS = "[Wx, Wh, bh, Wo, bo]"

_HEAD = '''\
"""{sentence}: shown to be false{mode}."""
import numpy as np
{imports}
from numpy import array, float32, inf, nan

'''

_KERAS = """\
tf.keras.backend.set_floatx("{dtype}")
i = tf.keras.Input(({T}, {D}))
h = tf.keras.layers.SimpleRNN({M}, return_sequences={sequences})(i)
y = tf.keras.layers.Dense({K})(h)
model = tf.keras.Model(i, {outputs})
"""
_KERAS_CALLS = {
    "call": "model(x, training=False)",
    "predict": "model.predict(x, verbose=0)",
    "predict_on_batch": "model.predict_on_batch(x)",
    "graph": "tf.function(lambda x: model(x, training=False))(tf.constant(x))",
    "xla": "tf.function(lambda x: model(x, training=False), jit_compile=True)(tf.constant(x))",
}

_LAST = """\
got = np.asarray(got)
h = np.zeros((len(x), len(bh)))
for t in range(x.shape[1]):
    h = np.tanh(x[:, t].astype(float) @ Wx + h @ Wh + bh)
expected = h @ Wo.astype(float) + bo
"""
_STEPS = """\
states, outputs = (np.asarray(a)[:, :{T}] for a in got)
before = np.concatenate([np.zeros_like(states[:, :1]), states[:, :-1]], axis=1).astype(float)
"""
_STEP_QUANTITY = {
    "state": "got, expected = states, np.tanh(x[:, :{T}].astype(float) @ Wx + before @ Wh + bh)\n",
    "output": "got, expected = outputs, states.astype(float) @ Wo + bo\n",
}
_WITHIN = """\
bound = {bound}
print("got", got, "expected", expected, "difference", got - expected, "bound", bound, sep="\\n")
assert (abs(got - expected) <= bound).all(), "the difference is more than rounding explains"
"""
_REPEATED = """\
first, again = np.asarray(first), np.asarray(got)
print("first", first, "again", again, sep="\\n")
assert first.tobytes() == again.tobytes(), "the same call gave other bits"
"""
_KIND = """\
for array, shape in zip({arrays}, {shapes}):
    assert isinstance(array, np.ndarray), f"the result is a {{type(array)}}"
    assert array.shape == shape, f"the shape is {{array.shape}}, must be {{shape}}"
    assert array.dtype == "{dtype}", f"the result is {{array.dtype}}, must be {dtype}"
"""


@dataclass(frozen=True)
class Script:
    """A script, and what it needs besides Python, in words."""

    text: str
    needs: str

    def write(self, found: Property, subject: Subject) -> Path:
        """Write it into `FOLDER` and return where it is."""
        name = f"{found.name}-{subject.id}-{zlib.crc32(self.text.encode()):08x}.py"
        path = FOLDER / name.replace(":", "-")
        FOLDER.mkdir(exist_ok=True)
        path.write_text(self.text, encoding="utf-8")
        return path


def script(found: Property, subject: Subject, failure: Failure) -> Optional[Script]:
    """The script of a failure, or None where it has none.

    Failures of what is not computed, such as the number of parameters, have none: there the
    report's own sentence says all. Nor has one that does not repeat.
    """
    if not failure.repeats:
        return None
    asked, verdict = _shown_by(subject, failure)
    if not asked:
        return None
    library = _library(subject, asked[-1])
    modes = sorted({question.mode for question in asked})
    mode = f" in mode {', '.join(modes)}" if subject.implementation.modes != ("call",) else ""
    parts = [_HEAD.format(sentence=found.sentence, mode=mode, imports=library.imports)]
    parts.append(library.build)
    before: Optional[Case] = None
    for i, question in enumerate(asked):
        name = "got" if i == len(asked) - 1 else "first" if i == 0 else "other"
        parts.append(_assignments(question.case, before))
        parts.append(library.call(name, question.mode))
        before = question.case
    return Script("".join([*parts, verdict]), library.needs)


def _shown_by(subject: Subject, failure: Failure) -> tuple[list[Question], str]:
    """The questions to ask again, in order, and the lines that judge the last answer."""
    asked, comparison = list(failure.asked), failure.error.comparison
    if not asked:
        return [], ""
    last = asked[-1]
    if failure.error.__cause__ is not None:
        return asked, "" if last.answer is None else _of_the_right_kind(last)
    if comparison is not None and comparison.quantity != "changed output":
        if last.sequences:
            T = comparison.bound.shape[1]
            verdict = _STEPS.format(T=T) + _STEP_QUANTITY[comparison.quantity].format(T=T)
        else:
            verdict = _LAST
        verdict += _WITHIN.format(bound=array_text(comparison.bound))
        return _needed(subject, asked), verdict
    # Two answers differ that should be equal: one of them is not the recurrence's.
    for i, question in enumerate(asked):
        bound = None if question.sequences else _exceeded(subject, question)
        if bound is not None:
            verdict = _LAST + _WITHIN.format(bound=array_text(bound))
            return _needed(subject, asked[: i + 1]), verdict
    if len(asked) > 1 and _same(asked[0].case, last.case):
        return asked, _REPEATED
    return [], ""


def _exceeded(subject: Subject, question: Question) -> Optional[np.ndarray]:
    """The bound, if the answer is outside; None if it is inside."""
    wanted = subject.equation(question.case)
    within = compare("output", np.asarray(question.answer), wanted).within
    return None if within else wanted.bound


def _needed(subject: Subject, asked: list[Question]) -> list[Question]:
    """The last question alone, where a new network answers it in the same way."""
    last = asked[-1]
    if len(asked) > 1 and not last.sequences:
        try:
            network = subject.new_network(last.case.dimensions.network)
            network.set_weights(last.case.weights)
            answer = network.output(last.case.inputs, last.mode)
            if _exceeded(subject, Question(last.case, last.mode, False, answer)) is not None:
                return [last]
        except Exception:  # whatever the thing under test may raise
            return asked
    return asked


def _of_the_right_kind(question: Question) -> str:
    case = question.case
    shapes: Sequence[tuple[int, ...]] = [(case.N, case.K)]
    if question.sequences:
        shapes = [(case.N, case.T, case.M), (case.N, case.T, case.K)]
    arrays = "got" if question.sequences else "[got]"
    return _KIND.format(arrays=arrays, shapes=list(shapes), dtype=case.dtype)


def _assignments(case: Case, before: Optional[Case]) -> str:
    """Lines that give the tensors their values, those that are not what they were before."""
    lines = []
    for name, field in _NAMES.items():
        tensor = getattr(case, field)
        if before is None or not _equal(tensor, getattr(before, field)):
            lines.append(f"{name} = {array_text(tensor)}\n")
    return "".join(lines)


def _same(case: Case, other: Case) -> bool:
    return all(_equal(getattr(case, name), getattr(other, name)) for name in _NAMES.values())


def _equal(tensor: np.ndarray, other: np.ndarray) -> bool:
    return tensor.shape == other.shape and tensor.tobytes() == other.tobytes()


@dataclass(frozen=True)
class _Library:
    """How the thing under test is imported, built and called, in text."""

    imports: str
    build: str
    needs: str
    calls: dict[str, str]
    takes_weights: bool

    def call(self, name: str, mode: str) -> str:
        """Lines that assign an answer to ``name``."""
        weights = f"model.set_weights({_WEIGHTS})\n" if self.takes_weights else ""
        return f"{weights}{name} = {self.calls[mode]}\n"


def _library(subject: Subject, question: Question) -> _Library:
    name, case = subject.implementation.name, question.case
    D, M, K, T = case.dimensions.network
    if name == "keras" and question.mode in _KERAS_CALLS:
        outputs = "[h, y]" if question.sequences else "y"
        build = _KERAS.format(
            D=D, M=M, K=K, T=T, sequences=question.sequences, outputs=outputs, dtype=subject.dtype
        )
        needs = "needs NumPy and the library only"
        return _Library("import tensorflow as tf", build, needs, _KERAS_CALLS, True)
    module, _, function = name.partition(":")
    if function:
        imports = (
            f"import sys\nsys.path.insert(0, {os.getcwd()!r})\nfrom {module} import {function}"
        )
        calls = {question.mode: f"{function}(x, Wx, Wh, bh, Wo, bo)"}
        return _Library(imports, "", "needs NumPy and the library only", calls, False)
    return _of_this_project(subject, question)


def _of_this_project(subject: Subject, question: Question) -> _Library:
    name, _, fault = subject.implementation.name.partition("+")
    imports = (
        f"import sys\nsys.path.insert(0, {str(_PROJECT)!r})\n"
        "from conformance.faults import seeded_fault\n"
        "from conformance.implementations import load_implementation\n"
        "from strategies import NetworkSize"
    )
    loaded = f"load_implementation({name!r})"
    if fault:
        loaded = f"seeded_fault({loaded}, {fault!r})"
    else:
        imports = imports.replace("from conformance.faults import seeded_fault\n", "")
    size = ", ".join(map(str, question.case.dimensions.network))
    build = (
        f"model = {loaded}.network(\n"
        f"    NetworkSize({size}), {subject.dtype!r}, sequences={question.sequences}\n)\n"
    )
    method = "states_and_outputs" if question.sequences else "output"
    calls = {mode: f"model.{method}(x, {mode!r})" for mode in subject.implementation.modes}
    what = "the fault that it seeds" if fault else f"its implementation {name}"
    return _Library(imports, build, f"needs this project, for {what}", calls, True)
