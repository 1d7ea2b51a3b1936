"""Faults in single lines of Keras 3's sources: a piece of a function is replaced by another.

They were written last, line by line from the sources, to ask whether the suite notices what it
was not made for; docs/measured/score.md says how many it noticed at first.
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from typing import Any, Callable

from conformance.faults.keras.patching import seeded


def _source(group: str, name: str, text: str, where: str, old: str, new: str) -> None:
    """Enter a fault: in the function ``where``, ``old`` is written ``new``."""

    def patch(tf: Any) -> None:
        _replace(where, old, new)

    patch.__name__, patch.__doc__ = name, text
    seeded(group, requires="keras>=3")(patch)


def _replace(where: str, old: str, new: str) -> None:
    """Write a function of Keras anew, in its module and where it is imported from.

    Raises:
        LookupError: this version of the function does not have that piece once.
    """
    module_name, _, path = where.partition(":")
    owner: Any = sys.modules[module_name]
    *classes, name = path.split(".")
    for part in classes:
        owner = getattr(owner, part)
    right: Callable[..., Any] = getattr(owner, name)
    source = textwrap.dedent(inspect.getsource(right))
    if source.count(old) != 1:
        raise LookupError(f"{where} has {old!r} {source.count(old)} times")
    names: dict[str, Any] = {}
    exec(compile(source.replace(old, new), where, "exec"), right.__globals__, names)
    setattr(owner, name, names[name])
    if not classes:  # `keras.src.backend` hands on the functions of a backend
        setattr(sys.modules["keras.src.backend"], name, names[name])


LOOP = "keras.src.backend.tensorflow.rnn:rnn"
RNN = "keras.src.layers.rnn.rnn:RNN."
CELL = "keras.src.layers.rnn.simple_rnn:SimpleRNNCell."
BIDIRECTIONAL = "keras.src.layers.rnn.bidirectional:Bidirectional.call"

_source(
    "mask",
    "unrolled_masked_first_step_is_computed",
    "Unrolled, a first step that is masked has an output.",
    LOOP,
    "prev_output = tf.zeros_like(output)",
    "prev_output = output",
)
_source(
    "mask",
    "masked_first_step_is_computed",
    "In a loop, first steps that are masked have the output of the first.",
    LOOP,
    "tf.zeros_like(o) for o in tree.flatten(output_time_zero)",
    "o for o in tree.flatten(output_time_zero)",
)
_source(
    "mask",
    "unrolled_masked_step_moves_the_state",
    "Unrolled, masked steps move the state.",
    LOOP,
    "tf.where(m, s, ps)",
    "s",
)
_source(
    "mask",
    "unrolled_last_output_zeroed_by_the_first_mask",
    "Unrolled, whether the last output is zero is said by the mask of the first step.",
    LOOP,
    "_expand_mask(mask_list[-1], last_output)",
    "_expand_mask(mask_list[0], last_output)",
)
_source(
    "mask",
    "unrolled_mask_is_not_reversed",
    "Unrolled and backwards, the mask is not reversed.",
    LOOP,
    "mask_list.reverse()",
    "pass",
)
_source(
    "mask",
    "mask_is_reversed_over_the_samples",
    "In a loop backwards, the mask is reversed over the samples too.",
    LOOP,
    "mask = tf.reverse(mask, [0])",
    "mask = tf.reverse(mask, [0, 1])",
)
_source(
    "time",
    "known_time_is_one_step_short",
    "Where T is known beforehand, the loop ends one step early.",
    LOOP,
    "max_iterations = tf.reduce_max(input_length)",
    "max_iterations = tf.maximum(tf.reduce_max(input_length) - 1, 1)",
)
_source(
    "state",
    "stateful_starts_from_zero",
    "A stateful layer records its state and starts from zero.",
    RNN + "call",
    "initial_state = self.states",
    "initial_state = [0 * state.value for state in self.states]",
)
_source(
    "state",
    "recorded_state_is_clipped",
    "A recorded state is clipped to ±0.99.",
    RNN + "call",
    "self_state.assign(state)",
    "self_state.assign(ops.clip(state, -0.99, 0.99))",
)
_source(
    "state",
    "reset_leaves_a_thousandth",
    "A reset leaves a thousandth of the state.",
    RNN + "reset_state",
    "ops.zeros_like(v.value)",
    "v.value / 1000",
)
_source(
    "precision",
    "bias_in_bfloat16",
    "The bias is rounded to bfloat16.",
    CELL + "call",
    "ops.add(h, self.bias)",
    'ops.add(h, ops.cast(ops.cast(self.bias, "bfloat16"), h.dtype))',
)
_source(
    "equation",
    "sums_are_clipped_where_tanh_is_flat",
    "What the activation is applied to is clipped to ±15, where tanh is 1 already.",
    CELL + "call",
    "self.activation(output)",
    "self.activation(ops.clip(output, -15.0, 15.0))",
)
_source(
    "state",
    "initial_state_is_a_millionth",
    "The initial state is 1e-6 instead of zero.",
    CELL + "get_initial_state",
    "ops.zeros((batch_size, self.state_size), dtype=self.compute_dtype)",
    "ops.full((batch_size, self.state_size), 1e-6, dtype=self.compute_dtype)",
)
_source(
    "wrappers",
    "bidirectional_gives_one_state_to_both",
    "Bidirectional gives the forward layer's initial state to both layers.",
    BIDIRECTIONAL,
    "backward_state = initial_state[half:]",
    "backward_state = initial_state[:half]",
)
_source(
    "wrappers",
    "bidirectional_returns_states_in_reverse",
    "Bidirectional returns the backward layer's state before the forward one's.",
    BIDIRECTIONAL,
    "tuple(y[1:] + y_rev[1:])",
    "tuple(y_rev[1:] + y[1:])",
)
_source(
    "wrappers",
    "bidirectional_product_is_a_square",
    "Bidirectional's product is the square of the forward output.",
    BIDIRECTIONAL,
    "output = y * y_rev",
    "output = y * y",
)
_source(
    "wrappers",
    "states_of_two_cells_exchanged",
    "The states of two cells are handed on in reverse.",
    "keras.src.layers.rnn.stacked_rnn_cells:StackedRNNCells.call",
    "new_states.append(states)",
    "new_states.insert(0, states)",
)
_source(
    "wrappers",
    "time_distributed_repeats_the_first_step",
    "Where T is known, TimeDistributed repeats the first step.",
    "keras.src.layers.rnn.time_distributed:TimeDistributed.call",
    "[step_function(i) for i in range(inputs.shape[0])]",
    "[step_function(0) for i in range(inputs.shape[0])]",
)
_source(
    "wrappers",
    "last_word_has_the_first_vector",
    "Embedding gives the last word the vector of the word 0.",
    "keras.src.layers.core.embedding:Embedding.call",
    "ops.take(self.embeddings, inputs, axis=0)",
    "ops.take(self.embeddings, inputs % max(self.input_dim - 1, 1), axis=0)",
)
_source(
    "dropout",
    "predict_runs_as_in_training",
    "Predict runs the model as in training.",
    "keras.src.backend.tensorflow.trainer:TensorFlowTrainer.predict_step",
    "self(x, training=False)",
    "self(x, training=True)",
)
