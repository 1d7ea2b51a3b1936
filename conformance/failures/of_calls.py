"""A script that shows a failure: it asks again what was asked, and fails as the property did.

For Keras and for a function of the user's it needs NumPy and the library only. Whatever else is
tested, a seeded fault above all, is something that this project builds, and so the script
imports it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Optional, Sequence, cast

import numpy as np

from conformance.checking.attempt import hung
from conformance.checking.property import Property
from conformance.checking.results import Failure
from conformance.checking.subject import Question, Subject
from conformance.expected.comparison import Comparison, compare
from conformance.expected.steps import residual_output, residual_state
from conformance.failures.formulas import called, keras_calls
from conformance.failures.of_options import option_script
from conformance.failures.of_properties import property_script
from conformance.failures.script import TRIALS, Script, loadable, of_this_project, shows
from conformance.implementations.function import FunctionImplementation
from conformance.implementations.keras.network import keras_name
from conformance.running.text import one_line
from strategies import WIDE_DTYPES, Case
from strategies.cases import array_text

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

#: Implementations that are `tf.keras`.
TENSORFLOW = ("keras", "keras:tensorflow")

_HEAD = '''\
"""{sentence}: shown to be false{mode}."""
import numpy as np
{imports}
from numpy import array, float16, float32, inf, nan

'''

_KERAS = """\
tf.keras.backend.set_floatx("{dtype}")
i = tf.keras.Input(({T}, {D}))
h = tf.keras.layers.SimpleRNN({M}{activation}, return_sequences={sequences})(i)
y = tf.keras.layers.Dense({K}{dense_activation})(h)
model = tf.keras.Model(i, {outputs})
"""
_LAST = """\
h = np.zeros((len(x), len(bh)))
for t in range(x.shape[1]):
    h = {f}(x[:, t].astype(float) @ Wx + h @ Wh + bh)
expected = {g}(h @ Wo.astype(float) + bo)
"""
_STEPS = """\
states, outputs = (np.asarray(a)[:, :{T}] for a in got)
before = np.concatenate([np.zeros_like(states[:, :1]), states[:, :-1]], axis=1).astype(float)
"""
_STEP_QUANTITY = {
    "state": "got, expected = states, {f}(x[:, :{T}].astype(float) @ Wx + before @ Wh + bh)\n",
    "output": "got, expected = outputs, {g}(states.astype(float) @ Wo + bo)\n",
}
_WITHIN = """\
bound = {bound}
print("got", got, "expected", expected, "difference", got - expected, "bound", bound, sep="\\n")
both_nan = np.isnan(got) & np.isnan(expected)
within = (got == expected) | both_nan | (abs(got - expected) <= bound)
assert within.all(), "the difference is more than rounding explains"
"""
_REPEATED = """\
print("first", first, "again", got, sep="\\n")
assert first.tobytes() == got.tobytes(), "the same call gave other bits"
"""
_KIND = """\
for array, shape in zip({arrays}, {shapes}):
    assert isinstance(array, np.ndarray), f"the result is a {{type(array)}}"
    assert array.shape == shape, f"the shape is {{array.shape}}, must be {{shape}}"
    assert array.dtype == "{dtype}", f"the result is {{array.dtype}}, must be {dtype}"
"""


def script(prop: Property, subject: Subject, failure: Failure) -> Optional[Script]:
    """The script of a failure, or None where new networks do not show it every time.

    There is none either for what cannot be loaded by its name, as a function inside a function.

    Where a wrong answer shows it, the script asks; where that does not, it checks the property.
    """
    if not failure.repeats or not loadable(subject.implementation):
        return None
    wide = subject.dtype in WIDE_DTYPES
    optioned = any(question.case.options is not None for question in failure.asked)
    asked, verdict = _shown_by(subject, failure) if wide and not optioned else ([], "")
    if not asked:
        if hung(failure.error):
            return None
        by_itself = None
        if optioned and wide and subject.implementation.name in TENSORFLOW:
            by_itself = option_script(prop, subject, failure)
        return by_itself or property_script(prop, subject, failure)
    library = _library(subject, asked[-1])
    modes = sorted({question.mode for question in asked})
    mode = ""
    if subject.implementation.modes != ("call",):
        mode = f" in mode {one_line(', '.join(modes))}".replace("\\", "\\\\").replace('"', "'")
    parts = [_HEAD.format(sentence=prop.sentence, mode=mode, imports=library.imports)]
    parts.append(library.build)
    as_arrays = not asked[-1].sequences and not verdict.startswith("for array")
    before: Optional[Case] = None
    for i, question in enumerate(asked):
        name = "got" if i == len(asked) - 1 else "first" if i == 0 else "other"
        parts.append(_assignments(question.case, before))
        parts.append(library.call(name, question.mode, as_arrays))
        before = question.case
    text = "".join([*parts, verdict])
    if library.calls_keras and not shows(text, AssertionError if verdict else Exception):
        return property_script(prop, subject, failure)  # it is not Keras that is wrong
    return Script(text, library.needs)


def _shown_by(subject: Subject, failure: Failure) -> tuple[list[Question], str]:
    """The questions to ask again, in order, and the lines that judge the last answer.

    They have been asked again, of new networks, and the answer was wrong again: what does not
    show in that way has no script.
    """
    asked, comparison = list(failure.asked), failure.error.comparison
    if not asked:
        return [], ""
    if failure.error.__cause__ is not None:
        return asked, "" if asked[-1].answer is None else _of_the_right_kind(asked[-1])
    T = asked[-1].case.T
    if comparison is not None and comparison.quantity != "changed output":
        if "step" in comparison.axes:
            T = comparison.bound.shape[1]
        ends = [len(asked)]
    else:  # two answers differ that should be equal: one of them is not the recurrence's
        ends = list(range(1, len(asked) + 1))
    for end in ends:
        last = asked[end - 1]
        # Alone if that will do; twice where a network is wrong only after it was used.
        for questions in ([last], asked[:end], [last, last]):
            wrong = [_wrong(_asked_again(subject, questions), subject, T) for _ in range(TRIALS)]
            if wrong[0] is not None and None not in wrong:
                return questions, _verdict(wrong[0], last, T)
    repeated = len(asked) > 1 and _same(asked[0], asked[-1])
    if repeated and all(_differ(_asked_again(subject, asked)) for _ in range(TRIALS)):
        return asked, _REPEATED
    return [], ""


def _differ(answered: list[Question]) -> bool:
    answers = {np.asarray(question.answer).tobytes() for question in answered[:1] + answered[-1:]}
    return len(answers) > 1


def _asked_again(subject: Subject, questions: list[Question]) -> list[Question]:
    """The same questions with the answers of a new network; none if it raises."""
    last, answered = questions[-1], []
    try:
        network = subject.new_network(last.case.dimensions.network, sequences=last.sequences)
        for q in questions:
            network.set_weights(q.case.weights)
            method = network.states_and_outputs if last.sequences else network.output
            answer = method(q.case.inputs, q.mode)
            answered.append(Question(q.case, q.mode, q.sequences, answer))
    except Exception:  # whatever the thing under test may raise
        return []
    return answered


def _wrong(answered: list[Question], subject: Subject, T: int) -> Optional[Comparison]:
    """What is outside its bound in the last answer, up to step ``T``; None if nothing is."""
    if not answered:
        return None
    last = answered[-1]
    if not last.sequences:
        comparisons = [compare("output", np.asarray(last.answer), subject.equation(last.case))]
    else:
        states, outputs = (np.asarray(array)[:, :T] for array in cast(Any, last.answer))
        case = last.case.replace(inputs=last.case.inputs[:, :T])
        comparisons = [
            compare("state", states, residual_state(case, states, subject.arithmetic)),
            compare("output", outputs, residual_output(case, states, subject.arithmetic)),
        ]
    return next((c for c in comparisons if not c.within), None)


def _verdict(wrong: Comparison, last: Question, T: int) -> str:
    f, f_lines = called(last.case.activation, "f")
    g, g_lines = called(last.case.dense_activation, "g")
    lines = _STEPS + _STEP_QUANTITY[wrong.quantity] if last.sequences else _LAST
    defined = f_lines + g_lines
    return defined + lines.format(T=T, f=f, g=g) + _WITHIN.format(bound=array_text(wrong.bound))


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


def _same(one: Question, other: Question) -> bool:
    tensors = [(getattr(one.case, n), getattr(other.case, n)) for n in _NAMES.values()]
    asked = (one.mode, one.sequences) == (other.mode, other.sequences)
    return asked and all(_equal(*pair) for pair in tensors)


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
    calls_keras: bool = False

    def call(self, name: str, mode: str, as_array: bool) -> str:
        """Lines that assign an answer to ``name``."""
        weights = f"model.set_weights({_WEIGHTS})\n" if self.takes_weights else ""
        call = f"np.asarray({self.calls[mode]})" if as_array else self.calls[mode]
        return f"{weights}{name} = {call}\n"


def _library(subject: Subject, question: Question) -> _Library:
    name, case = subject.implementation.name, question.case
    D, M, K, T = case.dimensions.network[:4]
    calls = keras_calls("x")
    if name in TENSORFLOW and question.mode in calls:
        outputs = "[h, y]" if question.sequences else "y"
        build = _KERAS.format(
            D=D,
            M=M,
            K=K,
            T=T,
            activation=_argument(case.activation, "tanh"),
            dense_activation=_argument(case.dense_activation, "linear"),
            sequences=question.sequences,
            outputs=outputs,
            dtype=subject.dtype,
        )
        needs = "needs NumPy and the library only"
        return _Library("import tensorflow as tf", build, needs, calls, True, calls_keras=True)
    if isinstance(subject.implementation, FunctionImplementation):
        module, _, function = name.partition(":")
        first = function.partition(".")[0]
        imports = f"import sys\nsys.path.insert(0, {os.getcwd()!r})\nfrom {module} import {first}"
        called_as = f"{function}.states_and_outputs" if question.sequences else function
        calls = {question.mode: f"{called_as}(x, Wx, Wh, bh, Wo, bo)"}
        return _Library(imports, "", "needs NumPy and the library only", calls, False)
    return _of_this_project(subject, question)


def _argument(activation: str, default: str) -> str:
    return "" if activation == default else f", {keras_name(activation)!r}"


def _of_this_project(subject: Subject, question: Question) -> _Library:
    imports, loaded, needs = of_this_project(subject)
    imports += "\nfrom strategies import NetworkSize"
    size = ", ".join(map(repr, question.case.dimensions.network))
    build = (
        f"model = {loaded}.network(\n"
        f"    NetworkSize({size}), {subject.dtype!r}, sequences={question.sequences}\n)\n"
    )
    method = "states_and_outputs" if question.sequences else "output"
    calls = {mode: f"model.{method}(x, {mode!r})" for mode in subject.implementation.modes}
    return _Library(imports, build, needs, calls, True)
