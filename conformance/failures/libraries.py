"""How a script imports, builds and calls what is tested: Keras, a function, or by this project."""

from __future__ import annotations

import os
from dataclasses import dataclass

from conformance.checking.record import Question
from conformance.checking.subject import Subject
from conformance.failures.formulas import keras_calls
from conformance.failures.script import of_this_project
from conformance.implementations.function import FunctionImplementation
from conformance.implementations.keras.layers import CLASSES, arguments_of, dense_arguments_of
from strategies import PLAIN, Case, NetworkSize
from strategies.cases import unused_biases
from strategies.dtypes import POLICIES

#: Implementations that are `tf.keras`.
TENSORFLOW = ("keras", "keras:tensorflow")
NEEDS_NO_MORE = "needs NumPy and the library only"

_KERAS = """\
keras = tf.keras
keras.backend.set_floatx("{carrier}")
{inputs}
{returned} = keras.layers.{layer}({M}{arguments})({call})
output = keras.layers.Dense({K}{dense_arguments})(hidden)
model = keras.Model({given}, {outputs})
"""


@dataclass(frozen=True)
class Library:
    """The lines that import and build what is tested, and expressions that call it, by mode.

    A call gives a list of arrays: what the layer returned, its last states, the output of Dense.
    The options say which of them there are. Where the output is the only one, the call gives it
    without a list, and ``single`` is true. ``set_weights`` are the lines that set the weights
    before a call.
    """

    imports: str
    build: str
    set_weights: str
    calls: dict[str, str]
    needs: str
    single: bool
    is_keras: bool = False


def library(subject: Subject, question: Question) -> Library:
    """How what was asked is built and called in a script."""
    implementation = subject.implementation
    inputs = given_names(question.case)
    calls = keras_calls(*inputs, predict=_batch(question.case))
    if implementation.name in TENSORFLOW and question.mode in calls:
        return _keras(question.case, calls)
    if isinstance(implementation, FunctionImplementation):
        return _function(implementation.name, question)
    return _by_this_project(subject, question)


def given_names(case: Case) -> list[str]:
    """The names of what the model is given, in a script."""
    mask = [] if case.mask is None else ["mask"]
    return ["x", *mask, *(f"{name}0" for name in case.cell.states[: len(case.initial_states)])]


def _batch(case: Case) -> str:
    return "batch_size=len(x), " if case.options.stateful else ""


def _keras(case: Case, calls: dict[str, str]) -> Library:
    size, options = case.dimensions.network, case.options
    batch = "" if size.N is None else f", batch_size={size.N}"
    inputs, call = {"i": f"keras.Input(({size.T}, {size.D}){batch})"}, "i"
    if options.masked:
        inputs["m"] = f'keras.Input(({size.T},){batch}, dtype="bool")'
        call += ", mask=m"
    if options.initial_state:
        states = [f"s{i}" for i in range(len(case.cell.states))]
        inputs.update(dict.fromkeys(states, f"keras.Input(({size.M},){batch})"))
        call += f", initial_state=[{', '.join(states)}]"
    hidden = ["hidden"] if options.shows_hidden else []
    last = ["*states"] if options.return_state else []
    outputs = [*hidden, *last, "output"]
    build = _KERAS.format(
        carrier=POLICIES[case.dtype].weights,
        inputs="\n".join(f"{name} = {text}" for name, text in inputs.items()),
        returned="hidden, *states" if options.return_state else "hidden",
        layer=CLASSES[case.cell.name],
        M=size.M,
        K=size.K,
        arguments=_text(arguments_of(size, case.dtype)),
        dense_arguments=_text(dense_arguments_of(size, case.dtype)),
        call=call,
        given=_one_or_list(list(inputs)),
        outputs=_one_or_list(outputs),
    )
    unused = unused_biases(size)
    weights = [name for name in case.tensors.names[1:] if name not in unused]
    set_weights = f"model.set_weights([{', '.join(weights)}])\n"
    imports, single = "import tensorflow as tf", len(outputs) == 1
    return Library(imports, build, set_weights, calls, NEEDS_NO_MORE, single, is_keras=True)


def _one_or_list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def _text(arguments: dict[str, object]) -> str:
    return "".join(f", {name}={value!r}" for name, value in arguments.items())


def _function(name: str, question: Question) -> Library:
    module, _, function = name.partition(":")
    first = function.partition(".")[0]
    imports = f"import sys\nsys.path.insert(0, {os.getcwd()!r})\nfrom {module} import {first}"
    arguments = ", ".join(["x", *question.case.tensors.names[1:]])
    single = not question.case.options.return_sequences
    called = function if single else f"{function}.states_and_outputs"
    calls = {question.mode: f"{called}({arguments})"}
    return Library(imports, "", "", calls, NEEDS_NO_MORE, single)


def _by_this_project(subject: Subject, question: Question) -> Library:
    imports, loaded, needs = of_this_project(subject)
    size, options = question.case.dimensions.network, question.case.options
    imports += f"\nfrom conformance.cells import {size.cell!r}"
    imports += "\nfrom strategies import NetworkSize" + (
        "" if size.options == PLAIN else ", Options"
    )
    build = f"size = {_size_text(size)}\nmodel = {loaded}.network(size, {subject.dtype!r})\n"
    states = [name for name in given_names(question.case) if name not in ("x", "mask")]
    initial = f", initial_states=[{', '.join(states)}]" if states else ""
    masked = ", mask=mask" if options.masked else ""
    hidden = ["answer.hidden"] if options.shows_hidden else []
    last = ["*answer.states"] if options.return_state else []
    single = not hidden and not last
    if not single:
        build += f"in_a_row = lambda answer: [{', '.join([*hidden, *last, 'answer.output'])}]\n"
    calls = {}
    for mode in subject.implementation.modes:
        answer = f"model.answer(x, {mode!r}{masked}{initial})"
        calls[mode] = f"{answer}.output" if single else f"in_a_row({answer})"
    set_weights = f"model.set_weights([{', '.join(question.case.tensors.names[1:])}])\n"
    return Library(imports, build, set_weights, calls, needs, single)


def _size_text(size: NetworkSize) -> str:
    """Python that makes the size again, without what is the default."""
    chosen = {
        name: value
        for name, value in size._asdict().items()
        if name != "cell" and value != size._field_defaults.get(name, "no default")
    }
    fields = [repr(size.cell), *(f"{name}={value!r}" for name, value in chosen.items())]
    return f"NetworkSize({', '.join(fields)})"
