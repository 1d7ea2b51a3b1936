"""Faults of weights, of their counts, and of stated shapes."""

from __future__ import annotations

from conformance.faults.keras.patching import override, overriding, seeded

SET_WEIGHTS = ("Model.set_weights", "layers.SimpleRNN.set_weights")


@overriding("layers.SimpleRNN.get_weights")
def weights_read_in_wrong_order(tf, right, layer):
    kernel, recurrent_kernel, *rest = right(layer)
    return [recurrent_kernel, kernel, *rest]


@overriding(SET_WEIGHTS)
def signed_zeros_lost(tf, right, layer, weights):
    right(layer, [w + w.dtype.type(0) for w in weights])


@overriding(SET_WEIGHTS)
def nan_replaced(tf, right, layer, weights):
    copies = [weight.copy() for weight in weights]
    for weight in copies:
        weight[weight != weight] = 0
    right(layer, copies)


@overriding(SET_WEIGHTS, "weights")
def square_kernels_swapped(tf, right, layer, weights):
    """set_weights() takes the two kernels for each other where D = M."""
    if len(weights) > 1 and weights[0].shape == weights[1].shape:
        weights = [weights[1], weights[0], *weights[2:]]
    right(layer, weights)


@seeded("weights")
def recurrent_kernel_set_transposed(tf):
    """set_weights() and get_weights() transpose the recurrent kernel."""

    def transposed(weights):
        square = len(weights) > 1 and weights[1].ndim == 2
        square = square and weights[1].shape[0] == weights[1].shape[1]
        return [weights[0], weights[1].T.copy(), *weights[2:]] if square else weights

    def set_weights(tf, right, model, weights):
        right(model, transposed(weights))

    override(tf, "Model.set_weights", set_weights)
    override(tf, "Model.get_weights", lambda tf, right, model: transposed(right(model)))


@seeded("weights")
def bias_comes_first(tf):
    """The bias of SimpleRNN is the first of its weights."""
    layer = tf.keras.layers.SimpleRNN
    right = layer.weights

    def weights(self):
        found = right.fget(self)
        return [found[-1], *found[:-1]] if len(found) == 3 else found

    layer.weights = property(weights)


def stated_shape(function, tf, right, layer, shape, *args):
    """The shape of SimpleRNN, by ``function(input_shape, stated)`` where it returns one tensor."""
    stated = right(layer, shape, *args)
    return stated if layer.return_state else function(tuple(shape), tuple(stated))


@overriding("layers.SimpleRNN.compute_output_shape", call=stated_shape)
def sequences_not_in_stated_shape(given, stated):
    return stated[0], stated[-1]


@overriding("layers.SimpleRNN.compute_output_shape", call=stated_shape)
def unknown_time_stated_as_one(given, stated):
    return tuple(n or 1 if i == 1 else n for i, n in enumerate(stated))


@overriding("layers.SimpleRNN.compute_output_shape", call=stated_shape)
def features_stated_as_units(given, stated):
    return (*stated[:-1], given[-1])


@overriding("layers.SimpleRNN.count_params")
def bias_not_counted(tf, right, layer):
    return right(layer) - layer.units


@overriding("layers.SimpleRNN.count_params")
def bias_counted_twice(tf, right, layer):
    return right(layer) + layer.units


@overriding("layers.SimpleRNNCell.build")
def recurrent_kernel_not_trainable(tf, right, cell, *args, **kwargs):
    right(cell, *args, **kwargs)
    weight = cell.recurrent_kernel
    if hasattr(tf.keras, "ops"):
        weight.trainable = False
    else:
        cell._trainable_weights.remove(weight)
        cell._non_trainable_weights.append(weight)


@overriding("Model.count_params")
def total_without_dense(tf, right, model):
    dense = (layer for layer in model.layers if isinstance(layer, tf.keras.layers.Dense))
    return right(model) - sum(layer.count_params() for layer in dense)
