"""How a fault is seeded into Keras: a function in place of one underneath its public API.

The decorators enter what they decorate into the catalogue. Without a group they seed a fault that
is in the catalogue already; see `conformance.faults.catalogue.enter`.
"""

from __future__ import annotations

import functools
from typing import Any, Callable, Optional, Union

from conformance.faults.catalogue import enter

Function = Callable[..., Any]
Decorator = Callable[[Function], Function]
#: A path below ``tf.keras``, or some, of which those are overridden that the installed Keras has.
Path = Union[str, tuple[str, ...]]


def seeded(group: str = "", requires: str = "") -> Decorator:
    """Enter ``patch(tf)``, for the versions that are required."""

    def decorate(patch: Function) -> Function:
        enter(patch, group, keras=patch, requires=requires)
        return patch

    return decorate


def overriding(
    path: Path, group: str = "", call: Optional[Function] = None, requires: str = ""
) -> Decorator:
    """Enter ``function(tf, right, …)`` in place of ``right``, which is at the path.

    With ``call``, what is in its place is ``call(function, tf, right, …)``.
    """

    def decorate(function: Function) -> Function:
        def wrong(*args: Any, **kwargs: Any) -> Any:
            return call(function, *args, **kwargs) if call else function(*args, **kwargs)

        enter(function, group, keras=lambda tf: override(tf, path, wrong), requires=requires)
        return function

    return decorate


def override(tf: Any, path: Path, wrong: Function) -> None:
    """Replace what is at the path by ``wrong(tf, right, …)``.

    The signature stays as it is, because Keras looks at the names of arguments.

    Raises:
        LookupError: the installed Keras has nothing there.
    """
    owners = []
    for one in (path,) if isinstance(path, str) else path:
        *places, name = one.split(".")
        owner = functools.reduce(getattr, places, tf.keras)
        if hasattr(owner, name):
            owners.append((owner, name))
    if not owners:
        raise LookupError(f"Keras has no {path}")
    for owner, name in owners:
        setattr(owner, name, _in_place_of(tf, getattr(owner, name), wrong))


def _in_place_of(tf: Any, right: Function, wrong: Function) -> Function:
    # Not `__signature__`, which Keras copies from a method of a class to one of an instance.
    @functools.wraps(right)
    def method(*args: Any, **kwargs: Any) -> Any:
        return wrong(tf, right, *args, **kwargs)

    return method


def constructed(path: Path, group: str = "", requires: str = "") -> Decorator:
    """Enter ``function(tf, layer)``, which changes what the class at the path has made."""

    def call(function: Function, tf: Any, right: Function, layer: Any, *args: Any, **kwargs: Any):
        right(layer, *args, **kwargs)
        function(tf, layer)

    paths = (path,) if isinstance(path, str) else path
    return overriding(tuple(f"{one}.__init__" for one in paths), group, call, requires)


def arguments_of(path: Path, group: str = "") -> Decorator:
    """Enter ``function(arguments)``, which changes the named arguments of a call."""

    def call(function: Function, tf: Any, right: Function, *args: Any, **kwargs: Any) -> Any:
        function(kwargs)
        return right(*args, **kwargs)

    return overriding(path, group, call)


def before_call(group: str = "") -> Decorator:
    """Enter ``function(tf, layer, arguments)``, which changes the arguments of SimpleRNN's call.

    These are ``inputs``, ``mask``, ``initial_state`` and ``training``.
    """

    def call(function: Function, tf: Any, right: Function, layer: Any, inputs: Any, **given: Any):
        arguments = {"mask": None, "initial_state": None, "training": None, **given}
        arguments["inputs"] = inputs
        function(tf, layer, arguments)
        return right(layer, arguments.pop("inputs"), **arguments)

    return overriding("layers.SimpleRNN.call", group, call)


def after_call(group: str = "") -> Decorator:
    """Enter ``function(tf, layer, results)``, what SimpleRNN returns from the right list of it."""

    def call(function: Function, tf: Any, right: Function, layer: Any, *args: Any, **kwargs: Any):
        result = right(layer, *args, **kwargs)
        if not isinstance(result, (list, tuple)):
            return function(tf, layer, [result])[0]
        return tuple(function(tf, layer, list(result)))

    return overriding("layers.SimpleRNN.call", group, call)


def inputs(group: str = "") -> Decorator:
    """Enter ``function(tf, x)``, the inputs of SimpleRNN from the right ones, samples first."""

    def call(function: Function, tf: Any, right: Function, layer: Any, x: Any, **kwargs: Any):
        x = tf.convert_to_tensor(x)
        if getattr(layer, "time_major", False):
            x = tf.transpose(function(tf, tf.transpose(x, [1, 0, 2])), [1, 0, 2])
        else:
            x = function(tf, x)
        return right(layer, x, **kwargs)

    return overriding("layers.SimpleRNN.call", group, call)


def preactivation(group: str = "") -> Decorator:
    """Enter ``function(tf, x_t, h, Wx, Wh, bh)``, what the activation is applied to."""

    def call(
        function: Function, tf: Any, right: Function, cell: Any, x: Any, states: Any, **_: Any
    ):
        several = isinstance(states, (list, tuple))
        bh = 0.0 if cell.bias is None else cell.bias
        h = states[0] if several else states
        new = cell.activation(function(tf, x, h, cell.kernel, cell.recurrent_kernel, bh))
        return new, [new] if several else new

    return overriding("layers.SimpleRNNCell.call", group, call)


def state(group: str = "") -> Decorator:
    """Enter ``function(tf, new)``, the state after a step from the right one."""

    def call(function: Function, tf: Any, right: Function, *args: Any, **kwargs: Any) -> Any:
        new, states = right(*args, **kwargs)
        new = function(tf, new)
        return new, [new] if isinstance(states, (list, tuple)) else new

    return overriding("layers.SimpleRNNCell.call", group, call)


def right_sum(tf: Any, x: Any, h: Any, Wx: Any, Wh: Any, bh: Any) -> Any:
    """What the activation is applied to, as it should be, for faults of an operand."""
    return tf.matmul(x, Wx) + tf.matmul(h, Wh) + bh


def time_reversed(tf: Any, layer: Any, tensor: Any) -> Any:
    """A tensor of a layer's inputs, mask or results, its steps in reverse."""
    return tf.reverse(tensor, [0 if getattr(layer, "time_major", False) else 1])
