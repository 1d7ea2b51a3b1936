"""Faults of initializers, dropout, regularizers, constraints and training."""

from __future__ import annotations

import numpy as np

from conformance.faults.keras.patching import arguments_of, constructed, overriding

#: The methods of SimpleRNNCell that draw dropout masks, in Keras 3 and in Keras 2.
INPUT_MASK = tuple(f"layers.SimpleRNNCell.get_dropout_mask{suffix}" for suffix in ("", "_for_cell"))
RECURRENT_MASK = tuple(
    f"layers.SimpleRNNCell.get_recurrent_dropout_mask{suffix}" for suffix in ("", "_for_cell")
)


def drawn(function, tf, right, cell, *args, **kwargs):
    """A dropout mask, by ``function(tf, cell, mask)`` where there is one."""
    mask = right(cell, *args, **kwargs)
    return mask if mask is None else function(tf, cell, mask)


@overriding(INPUT_MASK, "dropout")
def dropout_mask_drawn_at_every_step(tf, right, cell, *args, **kwargs):
    """The dropout mask of the inputs is drawn anew at every step."""
    cell.reset_dropout_mask()
    return right(cell, *args, **kwargs)


@overriding(INPUT_MASK, "dropout", drawn)
def kept_inputs_not_scaled(tf, cell, mask):
    """What dropout keeps is not scaled by 1 / (1 − rate)."""
    return tf.sign(mask)


@overriding(INPUT_MASK, "dropout", drawn)
def one_mask_for_all_samples(tf, cell, mask):
    """All samples have the dropout mask of the first."""
    return mask[:1] + tf.zeros_like(mask)


@overriding(RECURRENT_MASK, "dropout")
def recurrent_dropout_ignored(tf, right, cell, *args, **kwargs):
    """recurrent_dropout has no effect."""
    return None


@overriding(RECURRENT_MASK, "serialization")
def recurrent_dropout_has_no_effect(tf, right, cell, *args, **kwargs):
    """SimpleRNN keeps recurrent_dropout and drops nothing."""
    return None


@overriding(INPUT_MASK, "dropout", drawn)
def rate_slightly_too_small(tf, cell, mask):
    """A tenth of what dropout should drop is kept."""
    again = tf.cast(tf.random.stateless_uniform(tf.shape(mask), [1, 2]) < 0.1, mask.dtype)
    return tf.maximum(mask, again * tf.cast(1 / (1 - cell.dropout), mask.dtype))


@overriding("layers.SimpleRNN.call", "dropout")
def dropout_left_on_after_training(tf, right, layer, sequences, *args, **kwargs):
    """A call after one in training, without its own training argument, drops inputs too."""
    if kwargs.get("training") is True:
        layer.was_trained = True
    elif getattr(layer, "was_trained", False) and layer.dropout:
        sequences = sequences * tf.cast(tf.random.uniform(tf.shape(sequences)) < 0.9, "float32")
    return right(layer, sequences, *args, **kwargs)


@overriding(INPUT_MASK, "dropout", drawn)
def seed_of_dropout_ignored(tf, cell, mask):
    """The seed of a layer does not decide what its dropout mask is."""
    if not tf.executing_eagerly():
        return mask
    if getattr(cell, "turned", None) is None:
        cell.turned = int(np.random.default_rng().integers(1, 1 << 20))
    return tf.roll(mask, cell.turned, axis=1)


@overriding("regularizers.L2.__call__", "regularizers")
def l2_of_half(tf, right, regularizer, x):
    """The penalty L2 has a factor ½."""
    return right(regularizer, x) / 2


@overriding("regularizers.L1L2.__call__", "regularizers")
def l1_l2_without_l1(tf, right, regularizer, x):
    """L1L2 leaves out the sum of magnitudes."""
    return tf.cast(regularizer.l2, x.dtype) * tf.reduce_sum(tf.square(tf.convert_to_tensor(x)))


@overriding("regularizers.L1.__call__", "regularizers")
def l1_of_float16(tf, right, regularizer, x):
    """The penalty L1 is rounded to float16."""
    penalty = right(regularizer, x)
    return tf.cast(tf.cast(penalty, "float16"), penalty.dtype)


@arguments_of("layers.Dense.__init__", "regularizers")
def bias_regularizer_of_dense_dropped(arguments):
    """Dense drops its bias_regularizer."""
    arguments.pop("bias_regularizer", None)


@overriding("constraints.MaxNorm.__call__", "constraints")
def max_norm_along_the_other_axis(tf, right, constraint, w):
    """MaxNorm takes norms along the other axis of a matrix."""
    return tf.transpose(right(constraint, tf.transpose(tf.convert_to_tensor(w))))


@overriding("constraints.NonNeg.__call__", "constraints")
def non_neg_of_the_magnitude(tf, right, constraint, w):
    """NonNeg keeps the magnitude of a negative weight."""
    return tf.abs(tf.convert_to_tensor(w))


@arguments_of("layers.SimpleRNN.__init__", "constraints")
def recurrent_constraint_given_to_the_kernel(arguments):
    """SimpleRNN gives its recurrent_constraint to the kernel, where that has none."""
    if arguments.get("kernel_constraint") is None:
        arguments["kernel_constraint"] = arguments.pop("recurrent_constraint", None)


@constructed("constraints.MinMaxNorm", "constraints")
def rate_of_min_max_norm_ignored(tf, constraint):
    """MinMaxNorm enforces its limits at once, whatever its rate."""
    constraint.rate = 1.0


@arguments_of("layers.SimpleRNN.__init__", "trainable")
def trainable_in_the_constructor_ignored(arguments):
    """SimpleRNN drops trainable=False when it is constructed."""
    arguments.pop("trainable", None)


@overriding("layers.Dense.call", "trainable")
def dense_moves_twice(tf, right, dense, inputs, *args, **kwargs):
    """The gradient of the dense kernel is taken twice."""
    outputs = right(dense, inputs, *args, **kwargs)
    more = tf.tensordot(inputs, tf.convert_to_tensor(dense.kernel), axes=[[-1], [0]])
    return outputs + more - tf.stop_gradient(more)


@overriding("initializers.VarianceScaling.__call__", "initializers")
def truncated_normal_not_widened(tf, right, initializer, *args, **kwargs):
    """He, LeCun and Glorot normal forget that truncation narrows a distribution."""
    weights = right(initializer, *args, **kwargs)
    narrowed = 0.87962566103423978
    return weights * narrowed if initializer.distribution == "truncated_normal" else weights


@overriding("initializers.Orthogonal.__call__", "initializers")
def orthogonal_with_a_biased_sign(tf, right, *args, **kwargs):
    """The orthogonal initializer leaves the signs as the QR decomposition has them."""
    q = right(*args, **kwargs)
    m = min(q.shape)
    signs = tf.where(tf.linalg.diag_part(q[:m, :m]) > 0, -1, 1)
    flipped = tf.cast(tf.concat([signs[: m // 2], tf.ones(m - m // 2, signs.dtype)], 0), q.dtype)
    return q * flipped if q.shape[0] >= q.shape[1] else q * flipped[:, None]


@constructed(("initializers.HeUniform", "initializers.HeNormal"), "initializers")
def he_by_the_number_of_outputs(tf, initializer):
    """He initializers count the outputs instead of the inputs."""
    initializer.mode = "fan_out"


@arguments_of(
    tuple(
        f"initializers.{name}.__init__"
        for name in ("RandomUniform", "RandomNormal", "TruncatedNormal")
    ),
    "initializers",
)
def seed_of_an_initializer_ignored(arguments):
    """RandomUniform, RandomNormal and TruncatedNormal drop their seed."""
    arguments.pop("seed", None)
