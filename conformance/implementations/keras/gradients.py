"""How a model of Keras is differentiated on torch and on JAX, as their users do it."""

from __future__ import annotations

import importlib
from typing import Any, Callable

import numpy as np

from conformance.implementations.keras import layers


def by_autograd(model: Any, given: list[Any], by_results: list[Any]) -> tuple[list[Any], list[Any]]:
    """``torch.autograd.grad`` of the model that is called."""
    numbers = [tensor for tensor in given if tensor.is_floating_point()]
    for tensor in numbers:
        tensor.requires_grad_()
    results = layers.listed(model(layers.alone_or_all(given), training=False))
    found = importlib.import_module("torch").autograd.grad(
        layers.differentiated(results, by_results),
        [*numbers, *(weight.value for weight in model.weights)],
        by_results,
        materialize_grads=True,
    )
    return results, list(found)


def by_vjp(model: Any) -> Callable[..., tuple[list[Any], list[Any]]]:
    """``jax.vjp`` of the model as a function of inputs and weights: a function that can be jitted.

    It takes inputs, trainable and other variables, and the derivatives by the results.
    """
    jax = importlib.import_module("jax")

    def differentiate(
        given: list[Any], weights: list[Any], others: list[Any], by_results: list[Any]
    ) -> tuple[list[Any], list[Any]]:
        numbers = [i for i, array in enumerate(given) if array.dtype != np.bool_]

        def results_of(values: list[Any], weights: list[Any]) -> tuple[list[Any], list[Any]]:
            arrays = [*given]
            for i, value in zip(numbers, values):
                arrays[i] = value
            called = layers.alone_or_all(arrays)
            results, _ = model.stateless_call(weights, others, called, training=False)
            return layers.differentiated(layers.listed(results), by_results), layers.listed(results)

        values = [given[i] for i in numbers]
        _, backwards, results = jax.vjp(results_of, values, weights, has_aux=True)
        by_values, by_weights = backwards(by_results)
        return results, [*by_values, *by_weights]

    return differentiate
