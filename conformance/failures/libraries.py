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
from strategies import Case, NetworkSize
from strategies.cases import unused_biases
from strategies.dtypes import POLICIES

#: Implementations that are `tf.keras`.
TENSORFLOW = ("keras", "keras:tensorflow")
NEEDS_NO_MORE = "needs NumPy and the library only"

_KERAS = """\
keras = tf.keras
keras.backend.set_floatx("{carrier}")
i = keras.Input(({T}, {D}), batch_size={N})
{more_inputs}layer = keras.layers.{layer}({M}{arguments})
dense = keras.layers.Dense({K}{dense_arguments})
returned = layer(i{call})
returned = list(returned) if isinstance(returned, (list, tuple)) else [returned]
model = keras.Model({inputs}, {outputs})
"""


@dataclass(frozen=True)
class Library:
    """The lines that import and build what is tested, and expressions that call it, by mode.

    A call gives a list of arrays: what the layer returned, the states, the output, as far as they
    are put out. ``set_weights`` are the lines that come before it.
    """

    imports: str
    build: str
    set_weights: str
    calls: dict[str, str]
    needs: str
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
    T, N, carrier = size.T, size.N, POLICIES[case.dtype].weights
    more_inputs, symbols, call = "", ["i"], ""
    if options.masked:
        more_inputs += f'm = keras.Input(({T},), batch_size={N}, dtype="bool")\n'
        call += ", mask=m"
        symbols.append("m")
    if options.initial_state:
        states = [f"s{i}" for i in range(len(case.cell.states))]
        more_inputs += "".join(f"{s} = keras.Input(({size.M},), batch_size={N})\n" for s in states)
        call += f", initial_state=[{', '.join(states)}]"
        symbols += states
    hidden = ["returned[0]"] if options.shows_hidden else []
    last = ["*returned[1:]"] if options.return_state else []
    outputs = [*hidden, *last, "dense(returned[0])"]
    single = len(outputs) == 1
    build = _KERAS.format(
        carrier=carrier,
        T=T,
        D=size.D,
        N=N,
        M=size.M,
        K=size.K,
        more_inputs=more_inputs,
        layer=CLASSES[case.cell.name],
        arguments=_text(arguments_of(size, case.dtype)),
        dense_arguments=_text(dense_arguments_of(size, case.dtype)),
        call=call,
        inputs=symbols[0] if len(symbols) == 1 else f"[{', '.join(symbols)}]",
        outputs=outputs[0] if single else f"[{', '.join(outputs)}]",
    )
    if single:
        calls = {mode: f"[{text}]" for mode, text in calls.items()}
    unused = unused_biases(size)
    weights = [name for name in case.tensors.names[1:] if name not in unused]
    set_weights = f"model.set_weights([{', '.join(weights)}])\n"
    imports = "import tensorflow as tf"
    return Library(imports, build, set_weights, calls, NEEDS_NO_MORE, is_keras=True)


def _text(arguments: dict[str, object]) -> str:
    return "".join(f", {name}={value!r}" for name, value in arguments.items())


def _function(name: str, question: Question) -> Library:
    module, _, function = name.partition(":")
    first = function.partition(".")[0]
    imports = f"import sys\nsys.path.insert(0, {os.getcwd()!r})\nfrom {module} import {first}"
    arguments = ", ".join(["x", *question.case.tensors.names[1:]])
    call = f"[{function}({arguments})]"
    if question.case.options.return_sequences:
        call = f"{function}.states_and_outputs({arguments})"
    return Library(imports, "", "", {question.mode: call}, NEEDS_NO_MORE)


def _by_this_project(subject: Subject, question: Question) -> Library:
    imports, loaded, needs = of_this_project(subject)
    size = question.case.dimensions.network
    imports += f"\nfrom conformance.cells import {size.cell!r}"
    imports += "\nfrom strategies import NetworkSize, Options"
    build = f"model = {loaded}.network({_positional(size)}, {subject.dtype!r})\n"
    build += (
        "def shown(answer):\n"
        "    hidden = [] if answer.hidden is None else [answer.hidden]\n"
        "    return [*hidden, *answer.states, answer.output]\n"
    )
    states = [name for name in given_names(question.case) if name not in ("x", "mask")]
    initial = f", initial_states=[{', '.join(states)}]" if states else ""
    masked = ", mask=mask" if question.case.options.masked else ""
    calls = {
        mode: f"shown(model.answer(x, {mode!r}{masked}{initial}))"
        for mode in subject.implementation.modes
    }
    set_weights = f"model.set_weights([{', '.join(question.case.tensors.names[1:])}])\n"
    return Library(imports, build, set_weights, calls, needs)


def _positional(size: NetworkSize) -> str:
    return f"NetworkSize({', '.join(map(repr, size))})"
