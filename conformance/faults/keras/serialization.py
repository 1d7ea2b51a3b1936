"""Faults of configurations, of files, and of arguments that are taken and not used."""

from __future__ import annotations

from typing import Any, Callable

from conformance.faults.keras.catalogue import in_place_of, seeded


def change_config(layer: Any, change: Callable[[dict[str, Any]], None]) -> None:
    """Let ``change`` alter what ``get_config()`` of a class returns."""

    @in_place_of(layer, "get_config")
    def wrong(right: Any, self: Any) -> dict[str, Any]:
        config: dict[str, Any] = dict(right(self))
        change(config)
        return config


def change_arguments(layer: Any, change: Callable[[dict[str, Any]], None]) -> None:
    """Let ``change`` alter the named arguments of a class's constructor."""

    @in_place_of(layer, "__init__", signed=True)
    def wrong(right: Any, self: Any, units: Any, *args: Any, **kwargs: Any) -> None:
        change(kwargs)
        right(self, units, *args, **kwargs)


def _signature(function: Any) -> Any:
    import inspect

    return inspect.signature(function)


@seeded("serialization")
def go_backwards_not_in_config(tf: Any) -> None:
    """The configuration of SimpleRNN has no go_backwards."""
    change_config(tf.keras.layers.SimpleRNN, lambda config: config.pop("go_backwards", None))


@seeded("serialization")
def zero_output_for_mask_not_in_config(tf: Any) -> None:
    """The configuration of SimpleRNN has no zero_output_for_mask."""
    change_config(
        tf.keras.layers.SimpleRNN, lambda config: config.pop("zero_output_for_mask", None)
    )


@seeded("serialization")
def recurrent_dropout_reported_as_dropout(tf: Any) -> None:
    """The configuration of SimpleRNN has dropout for recurrent_dropout."""
    change_config(
        tf.keras.layers.SimpleRNN,
        lambda config: config.update(recurrent_dropout=config["dropout"]),
    )


@seeded("serialization")
def bias_constraint_reported_as_kernel_constraint(tf: Any) -> None:
    """The configuration of Dense has its kernel_constraint for its bias_constraint."""
    change_config(
        tf.keras.layers.Dense,
        lambda config: config.update(bias_constraint=config["kernel_constraint"]),
    )


@seeded("serialization")
def l2_of_a_config_is_the_default(tf: Any) -> None:
    """The configuration of an L2 regularizer has 0.01 whatever it was given."""
    tf.keras.regularizers.L2.get_config = lambda self: {"l2": 0.01}


@seeded("serialization")
def rate_of_a_constraint_not_in_config(tf: Any) -> None:
    """The configuration of MinMaxNorm has the default rate."""
    change_config(tf.keras.constraints.MinMaxNorm, lambda config: config.update(rate=1.0))


@seeded("serialization")
def a_rebuilt_dense_is_linear(tf: Any) -> None:
    """Dense made from a configuration has no activation."""
    dense = tf.keras.layers.Dense
    right = dense.from_config.__func__

    def wrong(cls: Any, config: dict[str, Any]) -> Any:
        layer = right(cls, config)
        layer.activation = tf.keras.activations.linear
        return layer

    dense.from_config = classmethod(wrong)


@seeded("serialization")
def a_rebuilt_layer_is_trainable(tf: Any) -> None:
    """SimpleRNN made from a configuration is trainable whatever that says."""
    rnn = tf.keras.layers.SimpleRNN
    right = rnn.from_config.__func__

    def wrong(cls: Any, config: dict[str, Any]) -> Any:
        return right(cls, {**config, "trainable": True})

    rnn.from_config = classmethod(wrong)


@seeded("serialization")
def a_clone_has_other_names(tf: Any) -> None:
    """clone_model() gives its layers new names."""
    right = tf.keras.models.clone_model

    def wrong(model: Any) -> Any:
        copied = right(model)
        last = copied.layers[-1]
        setattr(last, "_name" if hasattr(last, "_name") else "name", f"{last.name}_copy")
        return copied

    tf.keras.models.clone_model = wrong


@seeded("serialization")
def weights_loaded_as_float16(tf: Any) -> None:
    """Weights are rounded to float16 when a model is loaded from a .keras file."""
    right = tf.keras.models.load_model

    def wrong(path: Any, *args: Any, **kwargs: Any) -> Any:
        model = right(path, *args, **kwargs)
        if str(path).endswith(".keras"):
            weights = [weight.astype("float16") for weight in model.get_weights()]
            model.set_weights([weight.astype("float32") for weight in weights])
        return model

    tf.keras.models.load_model = wrong


@seeded("serialization")
def last_bit_of_h5_weights_lost(tf: Any) -> None:
    """Weights loaded from an .h5 file lose their last bit."""
    import numpy as np

    right = tf.keras.models.load_model

    def wrong(path: Any, *args: Any, **kwargs: Any) -> Any:
        model = right(path, *args, **kwargs)
        if str(path).endswith(".h5"):
            model.set_weights([np.nextafter(w, np.zeros_like(w)) for w in model.get_weights()])
        return model

    tf.keras.models.load_model = wrong


@seeded("serialization")
def biases_not_loaded(tf: Any) -> None:
    """Weights files are loaded without biases."""

    @in_place_of(tf.keras.Model, "load_weights")
    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        biases = [layer.get_weights()[-1] for layer in self.layers if layer.get_weights()]
        result = right(self, *args, **kwargs)
        built = [layer for layer in self.layers if layer.get_weights()]
        for layer, bias in zip(built, biases):
            if bias.ndim == 1:
                layer.set_weights([*layer.get_weights()[:-1], bias])
        return result


@seeded("serialization", requires="keras>=3")
def a_copy_has_rounded_weights(tf: Any) -> None:
    """A model from pickle or copy.deepcopy has its weights rounded to float16."""
    right = tf.keras.Model._unpickle_model.__func__

    def wrong(cls: Any, file: Any) -> Any:
        model = right(cls, file)
        model.set_weights([w.astype("float16").astype(w.dtype) for w in model.get_weights()])
        return model

    wrong.__name__ = "_unpickle_model"  # by which pickle finds it
    tf.keras.Model._unpickle_model = classmethod(wrong)


@seeded("serialization")
def a_deep_copy_is_a_new_model(tf: Any) -> None:
    """copy.deepcopy gives a model of the same configuration with initial weights."""
    tf.keras.Model.__deepcopy__ = lambda self, memo: type(self).from_config(self.get_config())


@seeded("serialization")
def a_model_from_json_forgets_the_policy(tf: Any) -> None:
    """The JSON of a model has float32 for every mixed policy."""

    @in_place_of(tf.keras.Model, "to_json")
    def wrong(right: Any, self: Any, **kwargs: Any) -> str:
        text: str = right(self, **kwargs)
        return text.replace("mixed_float16", "float32").replace("mixed_bfloat16", "float32")


@seeded("serialization", requires="keras>=3")
def exported_weights_are_rounded(tf: Any) -> None:
    """What is exported has its weights rounded to float16."""

    @in_place_of(tf.keras.Model, "export")
    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> None:
        kept = self.get_weights()
        self.set_weights([weight.astype("float16").astype(weight.dtype) for weight in kept])
        right(self, *args, **kwargs)
        self.set_weights(kept)


@seeded("serialization")
def dense_ignores_its_activity_regularizer(tf: Any) -> None:
    """Dense takes an activity_regularizer and does not use it."""
    change_arguments(
        tf.keras.layers.Dense, lambda arguments: arguments.pop("activity_regularizer", None)
    )


@seeded("serialization")
def recurrent_dropout_has_no_effect(tf: Any) -> None:
    """SimpleRNN keeps recurrent_dropout and drops nothing."""
    cell = tf.keras.layers.SimpleRNNCell
    for name in ("get_recurrent_dropout_mask", "get_recurrent_dropout_mask_for_cell"):
        if hasattr(cell, name):
            setattr(cell, name, lambda self, *args, **kwargs: None)


@seeded("serialization")
def zero_output_for_mask_has_no_effect(tf: Any) -> None:
    """SimpleRNN keeps zero_output_for_mask and repeats the output all the same."""

    @in_place_of(tf.keras.layers.SimpleRNN, "call", signed=True)
    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        kept, self.zero_output_for_mask = self.zero_output_for_mask, False
        try:
            return right(self, *args, **kwargs)
        finally:
            self.zero_output_for_mask = kept
