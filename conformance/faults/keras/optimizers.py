"""Faults of optimizers, and of what training hands to them."""

from __future__ import annotations

from conformance.faults.keras.patching import Decorator, arguments_of, constructed, overriding

BOTH = ("optimizers.SGD", "optimizers.Adam")
#: Before 2.11 what an optimizer is given is not among its attributes.
ATTRIBUTES = "keras>=2.11"


def made(*paths: str) -> Decorator:
    """Enter ``function(tf, optimizer)``, which changes an optimizer when it was made."""
    return constructed(paths, "optimizers", ATTRIBUTES)


def given(*paths: str) -> Decorator:
    """Enter ``function(arguments)``, which changes what an optimizer is given."""
    return arguments_of(tuple(f"{path}.__init__" for path in paths), "optimizers")


def step(path: str) -> Decorator:
    """Enter ``function(tf, right, optimizer, gradient, weight, rate)`` as a step."""
    return overriding(f"{path}.update_step", "optimizers", requires="keras>=3")


def number_of_step(tf, optimizer):
    """The t of Adam, in float64."""
    return tf.cast(tf.convert_to_tensor(optimizer.iterations), "float64") + 1


@given("optimizers.SGD")
def nesterov_ignored(arguments):
    """SGD drops its nesterov."""
    arguments.pop("nesterov", None)


@given("optimizers.Adam")
def amsgrad_ignored(arguments):
    """Adam drops its amsgrad."""
    arguments.pop("amsgrad", None)


@given("optimizers.Adam")
def betas_exchanged(arguments):
    """Adam takes its beta_1 for its beta_2, and the other way round."""
    one, two = arguments.get("beta_1", 0.9), arguments.get("beta_2", 0.999)
    arguments.update(beta_1=two, beta_2=one)


@given(*BOTH)
def each_norm_clipped_to_the_global_one(arguments):
    """The norms of all gradients together are clipped where each is to be."""
    if arguments.get("clipnorm") is not None:
        arguments["global_clipnorm"] = arguments.pop("clipnorm")


@made("optimizers.SGD")
def momentum_of_the_other_sign(tf, optimizer):
    """SGD takes its momentum with the other sign."""
    optimizer.momentum = -optimizer.momentum


@made("optimizers.Adam")
def beta_2_slightly_too_small(tf, optimizer):
    """Adam takes a beta_2 that is too small by 1e-5 of it."""
    optimizer.beta_2 *= 1 - 1e-5


@made(*BOTH)
def weight_decay_upwards(tf, optimizer):
    """Weights grow by their decay."""
    if optimizer.weight_decay:
        optimizer.weight_decay = -optimizer.weight_decay


@made(*BOTH)
def accumulated_gradients_are_added(tf, optimizer):
    """Accumulated gradients are added up, and not divided by their number."""
    right = optimizer._clip_gradients
    number = getattr(optimizer, "gradient_accumulation_steps", None) or 1
    optimizer._clip_gradients = lambda gradients: right([g * number for g in gradients])


@step("optimizers.SGD")
def learning_rate_taken_twice(tf, right, optimizer, gradient, weight, rate):
    """The step of SGD is multiplied with the learning rate twice."""
    right(optimizer, gradient * tf.cast(rate, gradient.dtype), weight, rate)


@step("optimizers.Adam")
def bias_of_adam_corrected_a_step_late(tf, right, optimizer, gradient, weight, rate):
    """Adam corrects the bias of its moments as in the step after it."""

    def correction(t):
        return tf.sqrt(1 - optimizer.beta_2**t) / (1 - optimizer.beta_1**t)

    t = number_of_step(tf, optimizer)
    factor = correction(t + 1) / correction(t)
    right(optimizer, gradient, weight, tf.cast(rate, "float64") * factor)


@step("optimizers.Adam")
def epsilon_of_adam_as_in_algorithm_1(tf, right, optimizer, gradient, weight, rate):
    """The epsilon of Adam is multiplied with √(1 − β₂ᵗ)."""
    t = number_of_step(tf, optimizer)
    epsilon = optimizer.epsilon
    optimizer.epsilon = tf.cast(epsilon * tf.sqrt(1 - optimizer.beta_2**t), gradient.dtype)
    right(optimizer, gradient, weight, rate)
    optimizer.epsilon = epsilon


@overriding("optimizers.schedules.PiecewiseConstantDecay.__call__", "optimizers")
def schedule_a_step_early(tf, right, schedule, step):
    """A schedule gives the learning rate of the next step."""
    return right(schedule, step + 1)


@arguments_of(("Model.fit", "Model.train_on_batch"), "optimizers")
def weights_of_samples_ignored(arguments):
    """Training takes all samples for equal."""
    arguments.pop("sample_weight", None)


@arguments_of("Model.fit", "optimizers")
def fit_makes_each_step_twice(arguments):
    """A call of fit goes through the samples twice."""
    arguments["epochs"] = 2


@arguments_of("Model.compile", "optimizers")
def half_of_the_mean_squared_error(arguments):
    """The mean squared error has a factor ½."""
    if arguments.get("loss") == "mean_squared_error":
        arguments["loss"] = lambda targets, outputs: (outputs - targets) ** 2 / 2
