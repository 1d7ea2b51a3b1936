"""Faults of initializers."""

from __future__ import annotations

from conformance.faults.keras.patching import arguments_of, constructed, overriding


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
