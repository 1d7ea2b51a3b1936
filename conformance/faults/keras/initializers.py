"""Faults of initializers."""

from __future__ import annotations

from typing import Any

from conformance.faults.keras.catalogue import drop_argument, in_place_of, seeded


@seeded("initializers")
def truncated_normal_not_widened(tf: Any) -> None:
    """He, LeCun and Glorot normal forget that truncation narrows a distribution."""
    narrowed = 0.87962566103423978

    @in_place_of(tf.keras.initializers.VarianceScaling, "__call__")
    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        drawn = right(self, *args, **kwargs)
        return drawn * narrowed if self.distribution == "truncated_normal" else drawn


@seeded("initializers")
def orthogonal_with_a_biased_sign(tf: Any) -> None:
    """The orthogonal initializer leaves the signs as the QR decomposition has them."""

    @in_place_of(tf.keras.initializers.Orthogonal, "__call__")
    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        q = right(self, *args, **kwargs)
        m = min(q.shape)
        signs = tf.where(tf.linalg.diag_part(q[:m, :m]) > 0, -1, 1)
        flipped = tf.cast(
            tf.concat([signs[: m // 2], tf.ones(m - m // 2, signs.dtype)], 0), q.dtype
        )
        return q * flipped if q.shape[0] >= q.shape[1] else q * flipped[:, None]


@seeded("initializers")
def he_by_the_number_of_outputs(tf: Any) -> None:
    """He initializers count the outputs instead of the inputs."""
    for name in ("HeUniform", "HeNormal"):

        @in_place_of(getattr(tf.keras.initializers, name), "__init__")
        def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> None:
            right(self, *args, **kwargs)
            self.mode = "fan_out"


@seeded("initializers")
def seed_of_an_initializer_ignored(tf: Any) -> None:
    """RandomUniform, RandomNormal and TruncatedNormal drop their seed."""
    for name in ("RandomUniform", "RandomNormal", "TruncatedNormal"):
        drop_argument(getattr(tf.keras.initializers, name), "seed")
