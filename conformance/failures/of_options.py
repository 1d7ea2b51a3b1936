"""A script that shows a wrong answer of Keras's SimpleRNN with options, without this project.

It asks one call of a new model and compares all that is returned with the recurrence as the
documentation has it. How far rounding may lead is worked out here, as Z of each prefix of the
sequence, and stands in the script as numbers.
"""

from __future__ import annotations

from typing import Optional

import numpy as np

from conformance.checking.property import Property
from conformance.checking.results import Failure
from conformance.checking.subject import Question, Subject
from conformance.expected.end import propagated_state
from conformance.expected.wrappers import dense_of
from conformance.failures.formulas import called, keras_calls
from conformance.failures.script import TRIALS, Script, shows
from conformance.implementations.keras.layers import ARGUMENTS, RATE
from conformance.implementations.keras.network import keras_name
from conformance.numerics.arithmetic import Arithmetic
from conformance.numerics.bounded import Bounded
from strategies import Case, Options
from strategies.cases import array_text

_TEXT = '''\
"""{sentence}: shown to be false in mode {mode}."""
import numpy as np
import tensorflow as tf
from numpy import array, float16, float32, inf, nan

tf.keras.backend.set_floatx("{dtype}")
keras = tf.keras
{tensors}
i = keras.Input(({time}, {D}), batch_size={batch})
{asked}rnn = keras.layers.SimpleRNN({M}, {activation!r}{arguments})
dense = keras.layers.Dense({K}, {dense_activation!r}, use_bias={dense_use_bias})
returned = rnn(i{call_arguments})
returned = list(returned) if isinstance(returned, (list, tuple)) else [returned]
model = keras.Model({inputs}, [*returned, dense(returned[0])])
model.set_weights([{weights}])
got = [np.asarray(a) for a in {call}]

h = {initial}
shown, emitted = np.zeros(h.shape), []
for t in {order}:
    new = {f}(x[:, t].astype(float) @ Wx + h @ Wh + bh)
    h, shown = {step}
    emitted.append(shown)
hidden = {hidden}
expected = [hidden, {state}{g}(hidden @ Wo.astype(float) + bo)]
bounds = [
{bounds}
]
for a, b, bound in zip(got, expected, bounds):
    print("got", a, "expected", b, "bound", bound, sep="\\n")
    within = (a == b) | (np.isnan(a) & np.isnan(b)) | (abs(a - b) <= bound)
    assert within.all(), "the difference is more than rounding explains"
'''


def option_script(prop: Property, subject: Subject, failure: Failure) -> Optional[Script]:
    """The script, or None where no single call of a new model shows the failure.

    It has been run, several times, and failed.
    """
    for question in failure.asked[::-1]:
        options = question.case.options
        if options is None or options.time_major:
            continue
        text = _text(prop, question, subject.arithmetic)
        if all(shows(text) for _ in range(TRIALS)):
            return Script(text, "needs NumPy and the library only")
    return None


def _text(prop: Property, question: Question, arithmetic: Arithmetic) -> str:
    case = question.case
    options = case.options or Options()
    inputs, asked, call_arguments = {"i": "x"}, "", ""
    time = case.T if case.static_time else None
    batch = case.N if options.stateful else None
    if options.masked:
        inputs["m"] = "mask"
        asked += f'm = keras.Input(({time},), batch_size={batch}, dtype="bool")\n'
        call_arguments += ", mask=m"
    if options.initial_state:
        inputs["s"] = "h0"
        asked += f"s = keras.Input(({case.M},), batch_size={batch})\n"
        call_arguments += ", initial_state=[s]"
    f, f_lines = called(case.activation, "f")
    g, g_lines = called(case.dense_activation, "g")
    repeated = "0" if options.zero_output_for_mask else "shown"
    step = "mask[:, t, None]"
    return _TEXT.format(
        sentence=prop.sentence,
        mode=question.mode,
        dtype=case.dtype,
        tensors=f_lines + g_lines + _tensors(case),
        time=time,
        batch=batch,
        D=case.D,
        M=case.M,
        K=case.K,
        asked=asked,
        activation=keras_name(case.activation),
        dense_activation=keras_name(case.dense_activation),
        arguments=_arguments(options),
        dense_use_bias=options.dense_use_bias,
        call_arguments=call_arguments,
        inputs=f"[{', '.join(inputs)}]" if len(inputs) > 1 else "i",
        weights=_weights(options),
        call=keras_calls(*inputs.values(), predict="batch_size=len(x), ")[question.mode],
        initial="h0.astype(float)" if options.initial_state else f"np.zeros({(case.N, case.M)})",
        order=f"reversed(range({case.T}))" if options.go_backwards else f"range({case.T})",
        f=f,
        g=g,
        step=f"np.where({step}, new, h), np.where({step}, new, {repeated})"
        if options.masked
        else "new, new",
        hidden="np.stack(emitted, axis=1)" if options.return_sequences else "shown",
        state="h, " if options.return_state else "",
        bounds=",\n".join(f"    {array_text(bound)}" for bound in _bounds(case, arithmetic)),
    )


def _tensors(case: Case) -> str:
    tensors = dict(zip(("x", "Wx", "Wh", "bh", "Wo", "bo"), (case.inputs, *case.weights)))
    if case.mask is not None:
        tensors["mask"] = case.mask
    if case.initial_state is not None:
        tensors["h0"] = case.initial_state
    return "\n".join(f"{name} = {array_text(tensor)}" for name, tensor in tensors.items())


def _arguments(options: Options) -> str:
    chosen = {name: getattr(options, name) for name in ARGUMENTS}
    default = Options()._asdict()
    chosen = {name: value for name, value in chosen.items() if value != default[name]}
    if options.dropout:
        chosen.update(dropout=RATE, recurrent_dropout=RATE)
    return "".join(f", {name}={value!r}" for name, value in chosen.items())


def _weights(options: Options) -> str:
    names = ["Wx", "Wh", *["bh"] * options.use_bias, "Wo", *["bo"] * options.dense_use_bias]
    return ", ".join(names)


def _bounds(case: Case, arithmetic: Arithmetic) -> list[np.ndarray]:
    """How far rounding may lead in what is returned: by SimpleRNN, the state, and by Dense."""
    options, used = case.options or Options(), case.processed.used
    states = [propagated_state(_begun(case, t), arithmetic) for t in range(1, case.T + 1)]
    value, off = np.zeros((case.N, case.M)), np.zeros((case.N, case.M))
    emitted = []
    for t, state in enumerate(states):
        step = np.ones((case.N, 1), bool) if used is None else used[:, t, None]
        keeps = 0.0 if options.zero_output_for_mask else 1.0
        value = np.where(step, state.value, keeps * value)
        off = np.where(step, state.bound, keeps * off)
        emitted.append(Bounded(value, off))
    hidden = emitted[-1]
    if options.return_sequences:
        hidden = Bounded(*(np.stack(parts, axis=1) for parts in zip(*emitted)))
    output = dense_of(hidden, case.as_computed[4:], arithmetic, case.dense_activation)
    state_bound = [states[-1].bound] if options.return_state else []
    return [hidden.bound, *state_bound, output.bound]


def _begun(case: Case, steps: int) -> Case:
    """The case after so many steps, in the order of processing."""
    backwards = bool(case.options and case.options.go_backwards)
    part = slice(case.T - steps, None) if backwards else slice(0, steps)
    mask = None if case.mask is None else case.mask[:, part]
    return case.replace(inputs=case.inputs[:, part], mask=mask)
