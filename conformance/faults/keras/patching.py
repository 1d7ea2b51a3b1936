"""How a fault is seeded into a call of SimpleRNN: its arguments before, its results after."""

from __future__ import annotations

from typing import Any, Callable, Optional

Arguments = dict[str, Any]
#: Of the module, the layer and the arguments ``inputs``, ``mask``, ``initial_state``, ``training``.
Before = Callable[[Any, Any, Arguments], None]
#: Of the module, the layer, the results as a list and the arguments.
After = Callable[[Any, Any, list[Any], Arguments], list[Any]]


def patch_simple_rnn(
    tf: Any, before: Optional[Before] = None, after: Optional[After] = None
) -> None:
    """Replace ``SimpleRNN.call`` by one whose arguments or results are changed.

    Keras looks at the names of the arguments, which are others in Keras 2 and 3.
    """
    layer = tf.keras.layers.SimpleRNN
    right = layer.call

    def wrong(self: Any, arguments: Arguments) -> Any:
        if before is not None:
            before(tf, self, arguments)
        result = right(self, arguments.pop("inputs"), **arguments)
        if after is None:
            return result
        listed = list(result) if isinstance(result, (list, tuple)) else [result]
        changed = after(tf, self, listed, arguments)
        return tuple(changed) if isinstance(result, (list, tuple)) else changed[0]

    if hasattr(tf.keras, "ops"):

        def call(
            self: Any, sequences: Any, initial_state: Any = None, mask: Any = None,
            training: Any = False,
        ) -> Any:  # fmt: skip
            return wrong(self, {"inputs": sequences, "initial_state": initial_state,
                                "mask": mask, "training": training})  # fmt: skip

        layer.call = call
    else:

        def call_2(
            self: Any, inputs: Any, mask: Any = None, training: Any = None,
            initial_state: Any = None,
        ) -> Any:  # fmt: skip
            return wrong(self, {"inputs": inputs, "initial_state": initial_state,
                                "mask": mask, "training": training})  # fmt: skip

        layer.call = call_2
