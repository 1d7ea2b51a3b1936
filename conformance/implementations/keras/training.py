"""What Keras is asked about training: initializers, dropout, regularizers, constraints, steps.

Written against the ``keras`` module, Keras 2 or 3, on any backend that has what is asked for.
"""

from __future__ import annotations

from typing import Any, Callable, Optional, Sequence

import numpy as np

from conformance.implementations.protocol import (
    DropoutLayer,
    ImplementationError,
    Penalised,
    Stepped,
)
from strategies.choices import REGULARIZERS, Choice
from strategies.training import WEIGHTS, Birth, Dropout, Penalty, Step

#: Makes a function of tensors one that is executed in a way: traced, compiled, as it is.
Executed = Callable[[Callable[..., Any], str], Callable[..., Any]]


class KerasTraining:
    """What `Implementation` declares about training, for a subclass that is Keras.

    A subclass has `training_keras` and, where there is more than one way to execute, `executed`.
    """

    def training_keras(self) -> Any:
        """The module, imported at the first call."""
        raise NotImplementedError

    def executed(self, function: Callable[..., Any], way: str) -> Callable[..., Any]:
        """The function of tensors as it is executed in a way; eager is as it is."""
        if way != "eager":
            raise ImplementationError(f"way={way!r}: must be eager")
        return function

    def born(self, question: Birth, dtype: str) -> list[np.ndarray]:
        keras = self.training_keras()
        keras.backend.set_floatx(dtype)
        keras.utils.set_random_seed(question.seed)
        chosen = _by_layer(keras, "initializer", question.initializers)
        simple_rnn = keras.layers.SimpleRNN(question.M, dtype=dtype, **chosen["simple_rnn"])
        dense = keras.layers.Dense(question.K, dtype=dtype, **chosen["dense"])
        inputs = keras.Input((None, question.D), dtype=dtype)
        keras.Model(inputs, dense(simple_rnn(inputs)))
        weights: list[np.ndarray] = [*simple_rnn.get_weights(), *dense.get_weights()]
        return weights

    def dropout_layer(self, question: Dropout, dtype: str) -> DropoutLayer:
        return KerasDropout(self.training_keras(), self.executed, question, dtype)

    def regularizers(self) -> tuple[str, ...]:
        keras = self.training_keras()
        return tuple(name for name in REGULARIZERS if hasattr(keras.regularizers, name))

    def penalised(self, question: Penalty, dtype: str) -> Penalised:
        keras = self.training_keras()
        keras.backend.set_floatx(question.floatx)
        _, T, D, M, K = question[:5]
        chosen = _by_layer(keras, "regularizer", question.regularizers)
        hidden_activity, activity = (made(keras, "regularizer", c) for c in question.activity)
        simple_rnn = keras.layers.SimpleRNN(
            M,
            activation=None,
            activity_regularizer=hidden_activity,
            return_sequences=question.sequences,
            return_state=question.state,
            dtype=dtype,
            **chosen["simple_rnn"],
        )
        dense = keras.layers.Dense(K, activity_regularizer=activity, dtype=dtype, **chosen["dense"])
        inputs = keras.Input((T, D), dtype=dtype)
        hidden = simple_rnn(inputs)
        hidden = list(hidden) if isinstance(hidden, (list, tuple)) else [hidden]
        output = dense(hidden[0])
        model = keras.Model(inputs, [*hidden, output])
        x, *weights = question.tensors.astype(dtype)
        model.set_weights(weights)

        def call(x: Any) -> Any:
            outputs = model(x, training=False)
            return outputs, list(model.losses)

        way = "eager" if question.way == "evaluate" else question.way
        outputs, losses = self.executed(call, way)(_tensor(keras, x, dtype))
        outputs = [_numpy(keras, array) for array in outputs]
        penalties = [float(_numpy(keras, loss)) for loss in losses]
        if question.way == "evaluate":
            # The loss of targets · outputs is 0 where the targets are.
            scored = keras.Model(inputs, output)
            scored.compile(loss=_product, run_eagerly=True)
            penalties = [float(scored.test_on_batch(x, np.zeros_like(outputs[-1])))]
        return Penalised(penalties, outputs[:-1], outputs[-1], question.way == "evaluate")

    def stepped(self, question: Step, dtype: str) -> Stepped:
        keras = self.training_keras()
        keras.backend.set_floatx(question.floatx)
        _, T, D, M, K = question[:5]
        options = _by_layer(keras, "constraint", question.constraints)
        for layer, more in _by_layer(keras, "regularizer", question.regularizers).items():
            options[layer].update(more)
        if question.frozen == "simple_rnn in its constructor":
            options["simple_rnn"]["trainable"] = False
        simple_rnn = keras.layers.SimpleRNN(
            M, activation=None, dtype=dtype, **options["simple_rnn"]
        )
        dense = keras.layers.Dense(K, dtype=dtype, **options["dense"])
        inputs = keras.Input((T, D), dtype=dtype)
        model = keras.Model(inputs, dense(simple_rnn(inputs)))
        x, *weights = question.tensors.astype(dtype)
        simple_rnn.set_weights(weights[:3])
        dense.set_weights(weights[3:])
        _freeze(question.frozen, model, simple_rnn, dense)
        compiled = {"jit_compile": question.way == "xla"} if hasattr(keras, "ops") else {}
        model.compile(
            keras.optimizers.SGD(question.rate),
            _product,
            run_eagerly=question.way == "eager",
            **compiled,
        )
        targets = question.targets.astype(dtype)
        if question.way == "fit":
            model.fit(x, targets, batch_size=len(x), epochs=1, shuffle=False, verbose=0)
        else:
            model.train_on_batch(x, targets)
        return Stepped(
            [*simple_rnn.get_weights(), *dense.get_weights()],
            _entries(model.trainable_weights),
            _entries(model.non_trainable_weights),
        )


class KerasDropout(DropoutLayer):
    """SimpleRNN alone. In Keras 3 it has a seed of its own, in Keras 2 the program has one."""

    def __init__(self, keras: Any, executed: Executed, question: Dropout, dtype: str) -> None:
        self.keras, self.question, self.dtype = keras, question, dtype
        keras.backend.set_floatx(dtype)
        seed = {"seed": question.seed} if hasattr(keras, "ops") else {}
        if not seed:
            keras.utils.set_random_seed(question.seed)
        layer = keras.layers.SimpleRNN(
            question.M,
            activation=None,
            # Faster to be born, and replaced at once.
            kernel_initializer="zeros",
            recurrent_initializer="zeros",
            dropout=question.rate,
            recurrent_dropout=question.recurrent_rate,
            return_sequences=True,
            unroll=question.unroll,
            dtype=dtype,
            **seed,
        )
        inputs = keras.Input((question.T, question.D), dtype=dtype)
        self.model = keras.Model(inputs, layer(inputs))
        self.layer = layer
        self._way = question.way
        way = "eager" if question.way == "predict" else question.way
        self._run = {
            True: executed(lambda x: self.model(x, training=True), way),
            False: executed(lambda x: self.model(x, training=False), way),
            None: executed(self.model, way),
        }

    def states(
        self, weights: Sequence[np.ndarray], inputs: np.ndarray, *, training: Optional[bool]
    ) -> np.ndarray:
        self.keras.backend.set_floatx(self.dtype)
        self.layer.set_weights(list(weights))
        if self._way == "predict" and training is None:
            result: np.ndarray = self.model.predict(inputs, verbose=0)
            return result
        return _numpy(self.keras, self._run[training](_tensor(self.keras, inputs, self.dtype)))


def made(keras: Any, kind: str, choice: Optional[Choice]) -> Any:
    """Keras's object for a choice of an "initializer", "regularizer" or "constraint"."""
    if choice is None:
        return None
    if choice.by_name:
        return choice.text
    return getattr(getattr(keras, f"{kind}s"), choice.name)(**dict(choice.arguments))


def _by_layer(
    keras: Any, kind: str, choices: Sequence[Optional[Choice]]
) -> dict[str, dict[str, Any]]:
    """The constructor's arguments for what is chosen, by layer: ``recurrent_constraint`` …."""
    arguments: dict[str, dict[str, Any]] = {"simple_rnn": {}, "dense": {}}
    for (layer, weight), choice in zip(WEIGHTS, choices):
        if choice is not None:
            argument = f"{weight.replace('recurrent_kernel', 'recurrent')}_{kind}"
            arguments[layer][argument] = made(keras, kind, choice)
    return arguments


def _freeze(frozen: str, model: Any, simple_rnn: Any, dense: Any) -> None:
    """As the words of `strategies.training.FREEZES` say, what the constructor does aside."""
    frozen_layer, _, then = frozen.partition(", ")
    owners = {"simple_rnn": simple_rnn, "dense": dense, "model": model}
    if frozen_layer in owners:
        owners[frozen_layer].trainable = False
    if then == "then no more":
        owners[frozen_layer].trainable = True


def _product(targets: Any, outputs: Any) -> Any:
    """A loss that is linear in the outputs, so that its gradient does not round."""
    return targets * outputs


def _entries(weights: Sequence[Any]) -> int:
    return sum(int(np.prod(tuple(weight.shape))) for weight in weights)


def _tensor(keras: Any, array: np.ndarray, dtype: str) -> Any:
    if hasattr(keras, "ops"):
        return keras.ops.convert_to_tensor(array, dtype)
    return keras.backend.constant(array, dtype)


def _numpy(keras: Any, tensor: Any) -> np.ndarray:
    converted = keras.ops.convert_to_numpy(tensor) if hasattr(keras, "ops") else tensor
    return np.asarray(converted)
