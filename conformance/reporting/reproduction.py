"""A script that shows a failure with nothing but NumPy and the library."""

from __future__ import annotations

import os
import sys
import zlib
from pathlib import Path
from typing import Optional

from conformance.checking import Failure, Property
from conformance.subject import Subject
from strategies.cases import array_text

#: Scripts are written here, in the folder where pytest was started.
FOLDER = Path(".conformance")

#: Implementations that are `tf.keras`.
TENSORFLOW = ("keras", "keras:tensorflow")

_CALLS = {
    "call": "model(x, training=False)",
    "predict": "model.predict(x, verbose=0)",
    "predict_on_batch": "model.predict_on_batch(x)",
    "graph": "tf.function(lambda x: model(x, training=False))(tf.constant(x))",
    "xla": "tf.function(lambda x: model(x, training=False), jit_compile=True)(tf.constant(x))",
}

_HEAD = '''\
"""{sentence}: shown to be false in mode {mode}."""
import numpy as np
{imports}
from numpy import array, float32, inf, nan

x = {x}
Wx = {Wx}
Wh = {Wh}
bh = {bh}
Wo = {Wo}
bo = {bo}
'''

_KERAS = """\
tf.keras.backend.set_floatx("{dtype}")
i = tf.keras.Input(({T}, {D}))
h = tf.keras.layers.SimpleRNN({M}, return_sequences={sequences})(i)
y = tf.keras.layers.Dense({K})(h)
model = tf.keras.Model(i, {outputs})
model.set_weights([Wx, Wh, bh, Wo, bo])
"""

_LAST = """\
got = np.asarray({call})
h = np.zeros((len(x), len(bh)))
for t in range(x.shape[1]):
    h = np.tanh(x[:, t].astype(float) @ Wx + h @ Wh + bh)
expected = h @ Wo.astype(float) + bo
"""

_STEPS = """\
states, outputs = (np.asarray(a) for a in {call})
before = np.concatenate([np.zeros_like(states[:, :1]), states[:, :-1]], axis=1).astype(float)
"""

_STEP_QUANTITY = {
    "state": "got, expected = states, np.tanh(x.astype(float) @ Wx + before @ Wh + bh)\n",
    "output": "got, expected = outputs, states.astype(float) @ Wo + bo\n",
}

_TAIL = """\
bound = {bound}
print("got", got, "expected", expected, "difference", got - expected, "bound", bound, sep="\\n")
assert (abs(got - expected) <= bound).all(), "the difference is more than rounding explains"
"""


def write_script(found: Property, subject: Subject, failure: Failure) -> Optional[Path]:
    """Write the script and return where; None where there is none.

    There is one for a failing comparison with the recurrence, in Keras and in a function of the
    user's, where nothing was seeded.
    """
    text = script(found, subject, failure)
    if text is None:
        return None
    name = f"{found.name}-{subject.id}-{zlib.crc32(text.encode()):08x}.py"
    path = FOLDER / name.replace(":", "-")
    FOLDER.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def script(found: Property, subject: Subject, failure: Failure) -> Optional[str]:
    """The text of the script, or None where there is none."""
    case, comparison = failure.drawn.get("case"), failure.error.comparison
    plain = set(failure.drawn) == {"case"}
    library = _library(subject)
    if case is None or comparison is None or not plain or library is None:
        return None
    imports, call = library
    sequences = "step" in comparison.axes
    names = dict(zip(("Wx", "Wh", "bh", "Wo", "bo"), map(array_text, case.weights)))
    parts = [
        _HEAD.format(
            sentence=found.sentence,
            mode=subject.mode,
            imports=imports,
            x=array_text(case.inputs),
            **names,
        )
    ]
    if subject.implementation.name in TENSORFLOW:
        parts.append(
            _KERAS.format(
                dtype=subject.dtype,
                D=case.D,
                M=case.M,
                K=case.K,
                T=case.T if case.static_time else None,
                sequences=sequences,
                outputs="[h, y]" if sequences else "y",
            )
        )
    parts.append((_STEPS if sequences else _LAST).format(call=call))
    parts.append(_STEP_QUANTITY[comparison.quantity] if sequences else "")
    parts.append(_TAIL.format(bound=array_text(comparison.bound)))
    return "".join(parts)


def _library(subject: Subject) -> Optional[tuple[str, str]]:
    """What to import, and the expression that runs the thing under test."""
    name = subject.implementation.name
    if name in TENSORFLOW and subject.mode in _CALLS:
        return "import tensorflow as tf", _CALLS[subject.mode]
    module, colon, function = name.partition(":")
    own = getattr(subject.implementation, "function", None)
    importable = module != "__main__" and getattr(sys.modules.get(module), function, None)
    if colon and own is not None and own is importable:
        imports = (
            f"import sys\nsys.path.insert(0, {os.getcwd()!r})\nfrom {module} import {function}"
        )
        return imports, f"{function}(x, Wx, Wh, bh, Wo, bo)"
    return None
