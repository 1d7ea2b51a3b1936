"""Faults of initializers, dropout, regularizers, constraints and training."""

from __future__ import annotations

from typing import Any, Callable

from conformance.faults.keras.catalogue import seeded


def _wrap(owner: Any, name: str, wrong: Callable[..., Any]) -> None:
    """Replace a method by ``wrong(right, self, …)``."""
    right = getattr(owner, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return wrong(right, self, *args, **kwargs)

    setattr(owner, name, method)


def _cell_with(tf: Any, **patched: Callable[..., Any]) -> None:
    """Replace the mask getters of SimpleRNNCell: ``input`` and ``recurrent``, in Keras 2 and 3."""
    cell = tf.keras.layers.SimpleRNNCell
    suffix = "" if hasattr(cell, "get_dropout_mask") else "_for_cell"
    names = {"input": "get_dropout_mask", "recurrent": "get_recurrent_dropout_mask"}
    for which, wrong in patched.items():
        _wrap(cell, names[which] + suffix, wrong)


@seeded("dropout")
def dropout_mask_drawn_at_every_step(tf: Any) -> None:
    """The dropout mask of the inputs is drawn anew at every step."""

    def wrong(right: Any, cell: Any, *args: Any, **kwargs: Any) -> Any:
        cell.reset_dropout_mask()
        return right(cell, *args, **kwargs)

    _cell_with(tf, input=wrong)


@seeded("dropout")
def kept_inputs_not_scaled(tf: Any) -> None:
    """What dropout keeps is not scaled by 1 / (1 − rate)."""

    def wrong(right: Any, cell: Any, *args: Any, **kwargs: Any) -> Any:
        mask = right(cell, *args, **kwargs)
        return mask if mask is None else tf.sign(mask)

    _cell_with(tf, input=wrong)


@seeded("dropout")
def one_mask_for_all_samples(tf: Any) -> None:
    """All samples have the dropout mask of the first."""

    def wrong(right: Any, cell: Any, *args: Any, **kwargs: Any) -> Any:
        mask = right(cell, *args, **kwargs)
        return mask if mask is None else mask[:1] + tf.zeros_like(mask)

    _cell_with(tf, input=wrong)


@seeded("dropout")
def recurrent_dropout_ignored(tf: Any) -> None:
    """recurrent_dropout has no effect."""
    _cell_with(tf, recurrent=lambda right, cell, *args, **kwargs: None)


@seeded("dropout")
def rate_slightly_too_small(tf: Any) -> None:
    """A tenth of what dropout should drop is kept."""

    def wrong(right: Any, cell: Any, *args: Any, **kwargs: Any) -> Any:
        mask = right(cell, *args, **kwargs)
        if mask is None:
            return None
        kept = 1 / (1 - cell.dropout)
        again = tf.cast(tf.random.stateless_uniform(tf.shape(mask), [1, 2]) < 0.1, mask.dtype)
        return tf.maximum(mask, again * tf.cast(kept, mask.dtype))

    _cell_with(tf, input=wrong)


@seeded("dropout")
def dropout_left_on_after_training(tf: Any) -> None:
    """A call after one in training, without its own training argument, drops inputs too."""
    layer = tf.keras.layers.SimpleRNN

    def wrong(right: Any, self: Any, sequences: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("training") is True:
            self.was_trained = True
        elif getattr(self, "was_trained", False) and self.dropout:
            sequences = sequences * tf.cast(tf.random.uniform(tf.shape(sequences)) < 0.9, "float32")
        return right(self, sequences, *args, **kwargs)

    _wrap(layer, "call", wrong)


@seeded("dropout")
def seed_of_dropout_ignored(tf: Any) -> None:
    """The seed of a layer does not decide what its dropout mask is."""

    def wrong(right: Any, cell: Any, *args: Any, **kwargs: Any) -> Any:
        mask = right(cell, *args, **kwargs)
        if mask is None or not tf.executing_eagerly():
            return mask
        if getattr(cell, "turned", None) is None:
            import numpy as np

            cell.turned = int(np.random.default_rng().integers(1, 1 << 20))
        return tf.roll(mask, cell.turned, axis=1)

    _cell_with(tf, input=wrong)


@seeded("regularizers")
def l2_of_half(tf: Any) -> None:
    """The penalty L2 has a factor ½."""
    _wrap(tf.keras.regularizers.L2, "__call__", lambda right, self, x: right(self, x) / 2)


@seeded("regularizers")
def l1_l2_without_l1(tf: Any) -> None:
    """L1L2 leaves out the sum of magnitudes."""

    def wrong(right: Any, self: Any, x: Any) -> Any:
        return tf.cast(self.l2, x.dtype) * tf.reduce_sum(tf.square(tf.convert_to_tensor(x)))

    _wrap(tf.keras.regularizers.L1L2, "__call__", wrong)


@seeded("regularizers")
def l1_of_float16(tf: Any) -> None:
    """The penalty L1 is rounded to float16."""

    def wrong(right: Any, self: Any, x: Any) -> Any:
        penalty = right(self, x)
        return tf.cast(tf.cast(penalty, "float16"), penalty.dtype)

    _wrap(tf.keras.regularizers.L1, "__call__", wrong)


@seeded("regularizers")
def bias_regularizer_of_dense_dropped(tf: Any) -> None:
    """Dense drops its bias_regularizer."""

    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> None:
        kwargs.pop("bias_regularizer", None)
        right(self, *args, **kwargs)

    _wrap(tf.keras.layers.Dense, "__init__", wrong)


@seeded("constraints")
def max_norm_along_the_other_axis(tf: Any) -> None:
    """MaxNorm takes norms along the other axis of a matrix."""

    def wrong(right: Any, self: Any, w: Any) -> Any:
        turned = tf.transpose(tf.convert_to_tensor(w))
        return tf.transpose(right(self, turned))

    _wrap(tf.keras.constraints.MaxNorm, "__call__", wrong)


@seeded("constraints")
def non_neg_of_the_magnitude(tf: Any) -> None:
    """NonNeg keeps the magnitude of a negative weight."""
    tf.keras.constraints.NonNeg.__call__ = lambda self, w: tf.abs(tf.convert_to_tensor(w))


@seeded("constraints")
def recurrent_constraint_given_to_the_kernel(tf: Any) -> None:
    """SimpleRNN gives its recurrent_constraint to the kernel, where that has none."""

    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("kernel_constraint") is None:
            kwargs["kernel_constraint"] = kwargs.pop("recurrent_constraint", None)
        right(self, *args, **kwargs)

    _wrap(tf.keras.layers.SimpleRNN, "__init__", wrong)


@seeded("constraints")
def rate_of_min_max_norm_ignored(tf: Any) -> None:
    """MinMaxNorm enforces its limits at once, whatever its rate."""

    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> None:
        right(self, *args, **kwargs)
        self.rate = 1.0

    _wrap(tf.keras.constraints.MinMaxNorm, "__init__", wrong)


@seeded("trainable")
def trainable_in_the_constructor_ignored(tf: Any) -> None:
    """SimpleRNN drops trainable=False when it is constructed."""

    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> None:
        kwargs.pop("trainable", None)
        right(self, *args, **kwargs)

    _wrap(tf.keras.layers.SimpleRNN, "__init__", wrong)


@seeded("trainable")
def dense_moves_twice(tf: Any) -> None:
    """The gradient of the dense kernel is taken twice."""

    def wrong(right: Any, self: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        outputs = right(self, inputs, *args, **kwargs)
        more = tf.tensordot(inputs, tf.convert_to_tensor(self.kernel), axes=[[-1], [0]])
        return outputs + more - tf.stop_gradient(more)

    _wrap(tf.keras.layers.Dense, "call", wrong)


@seeded("initializers")
def truncated_normal_not_widened(tf: Any) -> None:
    """He, LeCun and Glorot normal forget that truncation narrows a distribution."""
    narrowed = 0.87962566103423978

    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        drawn = right(self, *args, **kwargs)
        return drawn * narrowed if self.distribution == "truncated_normal" else drawn

    _wrap(tf.keras.initializers.VarianceScaling, "__call__", wrong)


@seeded("initializers")
def orthogonal_with_a_biased_sign(tf: Any) -> None:
    """The orthogonal initializer leaves the signs as the QR decomposition has them."""

    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        q = right(self, *args, **kwargs)
        m = min(q.shape)
        signs = tf.where(tf.linalg.diag_part(q[:m, :m]) > 0, -1, 1)
        flipped = tf.cast(
            tf.concat([signs[: m // 2], tf.ones(m - m // 2, signs.dtype)], 0), q.dtype
        )
        return q * flipped if q.shape[0] >= q.shape[1] else q * flipped[:, None]

    _wrap(tf.keras.initializers.Orthogonal, "__call__", wrong)


@seeded("initializers")
def he_by_the_number_of_outputs(tf: Any) -> None:
    """He initializers count the outputs instead of the inputs."""
    for name in ("HeUniform", "HeNormal"):

        def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> None:
            right(self, *args, **kwargs)
            self.mode = "fan_out"

        _wrap(getattr(tf.keras.initializers, name), "__init__", wrong)


@seeded("initializers")
def seed_of_an_initializer_ignored(tf: Any) -> None:
    """RandomUniform, RandomNormal and TruncatedNormal drop their seed."""
    for name in ("RandomUniform", "RandomNormal", "TruncatedNormal"):

        def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> None:
            kwargs.pop("seed", None)
            right(self, *args, **kwargs)

        _wrap(getattr(tf.keras.initializers, name), "__init__", wrong)
