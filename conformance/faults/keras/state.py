"""Faults of the state."""

from __future__ import annotations

from typing import Any

from conformance.faults.keras.catalogue import in_place_of, seeded


@seeded("state")
def initial_state_is_one(tf: Any) -> None:
    """The initial state is one."""
    layer = tf.keras.layers.SimpleRNN
    owner, name = next(
        (c, n) for c in layer.__mro__ for n in ("get_initial_state",) if n in vars(c)
    )

    @in_place_of(owner, name)
    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        return tf.nest.map_structure(tf.ones_like, right(self, *args, **kwargs))
