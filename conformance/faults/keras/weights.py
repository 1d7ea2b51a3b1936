"""Faults of weights, their order and names, and of the shapes that layers state."""

from __future__ import annotations

from typing import Any, Callable

from conformance.faults.keras.catalogue import in_place_of, seeded


def _after_build(tf: Any, change: Callable[[Any], None]) -> None:
    """``change(cell)`` once SimpleRNNCell has made its weights."""

    @in_place_of(tf.keras.layers.SimpleRNNCell, "build", signed=True)
    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> None:
        right(self, *args, **kwargs)
        change(self)


@seeded("weights")
def weights_read_in_wrong_order(tf: Any) -> None:
    """get_weights() returns the recurrent kernel first."""

    @in_place_of(tf.keras.layers.SimpleRNN, "get_weights")
    def wrong(right: Any, self: Any) -> Any:
        kernel, recurrent_kernel, *rest = right(self)
        return [recurrent_kernel, kernel, *rest]


@seeded("weights")
def signed_zeros_lost(tf: Any) -> None:
    """set_weights() loses the sign of zero."""
    _before_set_weights(tf, lambda weights: [w + w.dtype.type(0) for w in weights])


@seeded("weights")
def nan_replaced(tf: Any) -> None:
    """set_weights() replaces NaN by zero."""
    _before_set_weights(tf, lambda weights: [_without_nan(w) for w in weights])


def _without_nan(weight: Any) -> Any:
    changed = weight.copy()
    changed[changed != changed] = 0
    return changed


@seeded("weights")
def square_kernels_swapped(tf: Any) -> None:
    """set_weights() takes the two kernels for each other where D = M."""

    def change(weights: Any) -> Any:
        if len(weights) > 1 and weights[0].shape == weights[1].shape:
            return [weights[1], weights[0], *weights[2:]]
        return weights

    _before_set_weights(tf, change)


@seeded("weights")
def recurrent_kernel_set_transposed(tf: Any) -> None:
    """set_weights() and get_weights() transpose the recurrent kernel."""
    layer = tf.keras.Model
    right_set, right_get = layer.set_weights, layer.get_weights

    def transposed(weights: Any) -> Any:
        square = len(weights) > 1 and weights[1].ndim == 2
        square = square and weights[1].shape[0] == weights[1].shape[1]
        return [weights[0], weights[1].T.copy(), *weights[2:]] if square else weights

    layer.set_weights = lambda self, weights: right_set(self, transposed(list(weights)))
    layer.get_weights = lambda self: transposed(right_get(self))


def _before_set_weights(tf: Any, change: Callable[[Any], Any]) -> None:
    """What a model and a layer are given is changed before it is set."""
    for layer in (tf.keras.Model, tf.keras.layers.SimpleRNN):

        @in_place_of(layer, "set_weights")
        def wrong(right: Any, self: Any, weights: Any) -> None:
            right(self, change(list(weights)))


@seeded("weights")
def bias_comes_first(tf: Any) -> None:
    """The bias of SimpleRNN is the first of its weights."""
    layer = tf.keras.layers.SimpleRNN
    right = layer.weights

    def weights(self: Any) -> Any:
        found = right.fget(self)
        return [found[-1], *found[:-1]] if len(found) == 3 else found

    layer.weights = property(weights)


@seeded("shapes")
def sequences_not_in_stated_shape(tf: Any) -> None:
    """The stated shape of a returned sequence has no time axis."""
    _after_stated(tf, lambda self, given, stated: (stated[0], stated[-1]))


@seeded("shapes")
def unknown_time_stated_as_one(tf: Any) -> None:
    """An unknown T is stated as 1."""
    _after_stated(
        tf, lambda self, given, stated: tuple(n or 1 if i == 1 else n for i, n in enumerate(stated))
    )


@seeded("shapes")
def features_stated_as_units(tf: Any) -> None:
    """The stated number of units is the number of features."""
    _after_stated(tf, lambda self, given, stated: (*stated[:-1], given[-1]))


def _after_stated(tf: Any, change: Callable[[Any, Any, Any], Any]) -> None:
    """``change(layer, input_shape, stated)`` of SimpleRNN that returns one tensor."""
    layer = tf.keras.layers.SimpleRNN
    right = layer.compute_output_shape

    def compute_output_shape(self: Any, shape: Any, *args: Any) -> Any:
        stated = right(self, shape, *args)
        if self.return_state:
            return stated
        return change(self, tuple(shape), tuple(stated))

    layer.compute_output_shape = compute_output_shape


@seeded("parameters")
def bias_counted_twice(tf: Any) -> None:
    """The bias is counted twice, as if each kernel had one."""
    count = in_place_of(tf.keras.layers.SimpleRNN, "count_params")
    count(lambda right, self: right(self) + self.units)


@seeded("parameters")
def recurrent_kernel_not_trainable(tf: Any) -> None:
    """The recurrent kernel is counted as not trainable."""

    def change(cell: Any) -> None:
        weight = cell.recurrent_kernel
        if hasattr(tf.keras, "ops"):
            weight.trainable = False
        else:
            cell._trainable_weights.remove(weight)
            cell._non_trainable_weights.append(weight)

    _after_build(tf, change)


@seeded("parameters")
def total_without_dense(tf: Any) -> None:
    """The total leaves out Dense."""

    @in_place_of(tf.keras.Model, "count_params")
    def wrong(right: Any, self: Any) -> Any:
        dense = (layer for layer in self.layers if isinstance(layer, tf.keras.layers.Dense))
        return right(self) - sum(layer.count_params() for layer in dense)
