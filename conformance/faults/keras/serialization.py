"""Faults of configurations, of files, and of arguments that are taken and not used."""

from __future__ import annotations

import numpy as np

from conformance.faults.keras.patching import arguments_of, overriding, seeded


def config(function, tf, right, layer):
    """What ``get_config()`` returns, changed by ``function(config)``."""
    changed = dict(right(layer))
    function(changed)
    return changed


@overriding("layers.SimpleRNN.get_config", "serialization", config)
def go_backwards_not_in_config(config):
    """The configuration of SimpleRNN has no go_backwards."""
    config.pop("go_backwards", None)


@overriding("layers.SimpleRNN.get_config", "serialization", config)
def zero_output_for_mask_not_in_config(config):
    """The configuration of SimpleRNN has no zero_output_for_mask."""
    config.pop("zero_output_for_mask", None)


@overriding("layers.SimpleRNN.get_config", "serialization", config)
def recurrent_dropout_reported_as_dropout(config):
    """The configuration of SimpleRNN has dropout for recurrent_dropout."""
    config["recurrent_dropout"] = config["dropout"]


@overriding("layers.Dense.get_config", "serialization", config)
def bias_constraint_reported_as_kernel_constraint(config):
    """The configuration of Dense has its kernel_constraint for its bias_constraint."""
    config["bias_constraint"] = config["kernel_constraint"]


@overriding("regularizers.L2.get_config", "serialization", config)
def l2_of_a_config_is_the_default(config):
    """The configuration of an L2 regularizer has 0.01 whatever it was given."""
    config["l2"] = 0.01


@overriding("constraints.MinMaxNorm.get_config", "serialization", config)
def rate_of_a_constraint_not_in_config(config):
    """The configuration of MinMaxNorm has the default rate."""
    config["rate"] = 1.0


@seeded("serialization")
def a_rebuilt_dense_is_linear(tf):
    """Dense made from a configuration has no activation."""
    dense = tf.keras.layers.Dense
    right = dense.from_config.__func__

    def wrong(cls, config):
        layer = right(cls, config)
        layer.activation = tf.keras.activations.linear
        return layer

    dense.from_config = classmethod(wrong)


@seeded("serialization")
def a_rebuilt_layer_is_trainable(tf):
    """SimpleRNN made from a configuration is trainable whatever that says."""
    rnn = tf.keras.layers.SimpleRNN
    right = rnn.from_config.__func__
    rnn.from_config = classmethod(lambda cls, config: right(cls, {**config, "trainable": True}))


@overriding("models.clone_model", "serialization")
def a_clone_has_other_names(tf, right, model):
    """clone_model() gives its layers new names."""
    copied = right(model)
    last = copied.layers[-1]
    setattr(last, "_name" if hasattr(last, "_name") else "name", f"{last.name}_copy")
    return copied


def _rounded_to_float16(model):
    """The weights of a model, after they have lost what float16 cannot hold."""
    return [weight.astype("float16").astype(weight.dtype) for weight in model.get_weights()]


@overriding("models.load_model", "serialization")
def weights_loaded_as_float16(tf, right, path, *args, **kwargs):
    """Weights are rounded to float16 when a model is loaded from a .keras file."""
    model = right(path, *args, **kwargs)
    if str(path).endswith(".keras"):
        model.set_weights(_rounded_to_float16(model))
    return model


@overriding("models.load_model", "serialization")
def last_bit_of_h5_weights_lost(tf, right, path, *args, **kwargs):
    """Weights loaded from an .h5 file lose their last bit."""
    model = right(path, *args, **kwargs)
    if str(path).endswith(".h5"):
        model.set_weights([np.nextafter(w, np.zeros_like(w)) for w in model.get_weights()])
    return model


@overriding("Model.load_weights", "serialization")
def biases_not_loaded(tf, right, model, *args, **kwargs):
    """Weights files are loaded without biases."""
    biases = [layer.get_weights()[-1] for layer in model.layers if layer.get_weights()]
    result = right(model, *args, **kwargs)
    built = [layer for layer in model.layers if layer.get_weights()]
    for layer, bias in zip(built, biases):
        if bias.ndim == 1:
            layer.set_weights([*layer.get_weights()[:-1], bias])
    return result


@seeded("serialization", requires="keras>=3")
def a_copy_has_rounded_weights(tf):
    """A model from pickle or copy.deepcopy has its weights rounded to float16."""
    right = tf.keras.Model._unpickle_model.__func__

    def wrong(cls, file):
        model = right(cls, file)
        model.set_weights(_rounded_to_float16(model))
        return model

    wrong.__name__ = "_unpickle_model"  # by which pickle finds it
    tf.keras.Model._unpickle_model = classmethod(wrong)


@seeded("serialization")
def a_deep_copy_is_a_new_model(tf):
    """copy.deepcopy gives a model of the same configuration with initial weights."""
    tf.keras.Model.__deepcopy__ = lambda self, memo: type(self).from_config(self.get_config())


@overriding("Model.to_json", "serialization")
def a_model_from_json_forgets_the_policy(tf, right, model, **kwargs):
    """The JSON of a model has float32 for every mixed policy."""
    text = right(model, **kwargs)
    return text.replace("mixed_float16", "float32").replace("mixed_bfloat16", "float32")


@overriding("Model.export", "serialization", requires="keras>=3")
def exported_weights_are_rounded(tf, right, model, *args, **kwargs):
    """What is exported has its weights rounded to float16."""
    weights = model.get_weights()
    model.set_weights(_rounded_to_float16(model))
    right(model, *args, **kwargs)
    model.set_weights(weights)


@arguments_of("layers.Dense.__init__", "serialization")
def dense_ignores_its_activity_regularizer(arguments):
    """Dense takes an activity_regularizer and does not use it."""
    arguments.pop("activity_regularizer", None)


@overriding("layers.SimpleRNN.call", "serialization")
def zero_output_for_mask_has_no_effect(tf, right, layer, *args, **kwargs):
    """SimpleRNN keeps zero_output_for_mask and repeats the output all the same."""
    asked, layer.zero_output_for_mask = layer.zero_output_for_mask, False
    try:
        return right(layer, *args, **kwargs)
    finally:
        layer.zero_output_for_mask = asked
