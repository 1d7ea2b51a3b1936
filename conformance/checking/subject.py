"""A subject: one implementation, in one mode and one dtype, as the properties see it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Callable, Optional, Union

import numpy as np
from hypothesis import strategies as st

from conformance.checking.probing import probed
from conformance.checking.run import NetworkCache
from conformance.deviations.reading import FACTS, Deviation, read_deviations
from conformance.expected.comparison import Comparison, compare, informative
from conformance.expected.drift import drift, random_walk
from conformance.expected.end import propagated_output
from conformance.expected.steps import residual_output, residual_state
from conformance.implementations.protocol import (
    CHOSEN_ACTIVATIONS,
    PREDICT,
    SEVERAL_MODES,
    Answer,
    Implementation,
    Network,
    as_array,
)
from conformance.numerics.arithmetic import Arithmetic
from conformance.numerics.bounded import Bounded
from conformance.running.devices import Device
from conformance.running.example_database import Examples
from conformance.running.parts import WHOLE, Part
from conformance.running.time_limit import TimeLimitReached, call_within
from strategies import WIDE_DTYPES, Case, Dimensions, NetworkSize, cases, dimensions
from strategies.dtypes import POLICIES
from strategies.profiles import PROFILES, Profile
from strategies.special_values import extreme_cases
from strategies.wrappers import Composition

#: The last output (N, K); every state (N, T, M) and every output (N, T, K).
Output = np.ndarray
Steps = tuple[np.ndarray, np.ndarray]

#: Seconds for one case.
TIME_LIMIT = 120.0
#: Seconds more for the first compilation in a mode and dtype; importing is not counted at all.
STARTING = 30.0


class Nonconformity(AssertionError):
    """What a property found wrong: a sentence, and the numbers where there are any."""

    def __init__(self, sentence: str, comparison: Optional[Comparison] = None) -> None:
        super().__init__(sentence)
        self.sentence, self.comparison = sentence, comparison


@dataclass
class Run:
    """What all subjects of a run share."""

    profile: Profile = PROFILES["default"]
    max_examples: Optional[int] = None
    seed: int = 0
    #: Seconds that a case may take, None for any number.
    time_limit: Optional[float] = TIME_LIMIT
    #: So many seconds more has the first question in each mode and dtype: for what is loaded and
    #: compiled then.
    starting: float = 0.0
    asked: set[tuple[Implementation, Optional[str], str]] = field(default_factory=set)
    networks: NetworkCache = field(default_factory=NetworkCache)
    arithmetics: dict[tuple[Implementation, str, tuple[str, ...]], Arithmetic] = field(
        default_factory=dict
    )
    deviations: list[Deviation] = field(default_factory=read_deviations)
    #: Where failing cases are kept, None for Hypothesis's own place.
    examples: Optional[Examples] = None
    #: Where must be computed, None for anywhere.
    device: Optional[Device] = None


@dataclass
class Question:
    """What an implementation was asked; ``answer`` is None where it raised.

    The answer is the last output, states and outputs where ``sequences`` were asked for, or an
    `Answer` of a network with options.
    """

    case: Case
    mode: str
    sequences: bool
    answer: object = None


@dataclass
class Shares:
    """What the comparisons of one case used of their bounds."""

    worst: list[float] = field(default_factory=list)
    informative: bool = True
    #: How large the errors were beside those of independent roundings, where that is asked.
    drift: list[float] = field(default_factory=list)


class Subject:
    """Runs cases on an implementation and judges the answers.

    Args:
        implementation: the thing under test.
        mode: how it is executed; None for what has nothing to do with execution.
        dtype: of weights, inputs and results.
        run: budget, seed and networks.
        modes: all modes of the run, for properties that compare them.
        part: which of a property's cases are asked.
    """

    def __init__(
        self,
        implementation: Implementation,
        mode: Optional[str],
        dtype: str,
        run: Optional[Run] = None,
        modes: tuple[str, ...] = (),
        part: Part = WHOLE,
    ) -> None:
        self.implementation, self.mode, self.dtype = implementation, mode, dtype
        self.run = run or Run()
        self.part = part
        self.modes = modes or implementation.modes
        self.shares = Shares()
        #: What was asked since this was last emptied, for a script that asks it again.
        self.asked: list[Question] = []

    @property
    def id(self) -> str:
        """``keras-graph-float32``, or ``keras-float32`` without a mode."""
        return "-".join(filter(None, (self.implementation.name, self.mode, self.dtype)))

    @property
    def test_id(self) -> str:
        """The same, with the part where there are several: ``keras-graph-float32-2of6``."""
        return self.id if self.part.of == 1 else f"{self.id}-{self.part}"

    def with_seed(self, seed: int) -> Subject:
        """The same in a run with another seed."""
        run = replace(self.run, seed=seed)
        return Subject(self.implementation, self.mode, self.dtype, run, self.modes, self.part)

    def only(self, part: Part) -> Subject:
        """The same with a part of the cases."""
        return Subject(self.implementation, self.mode, self.dtype, self.run, self.modes, part)

    @property
    def results(self) -> str:
        """The NumPy dtype that carries states and outputs."""
        return POLICIES[self.dtype].results

    @property
    def capabilities(self) -> frozenset[str]:
        """What the implementation declares, and what the modes that were asked for add to it."""
        several = {SEVERAL_MODES} if len(self.modes) > 1 else set()
        predict = {PREDICT} if "predict" in self.modes else set()
        return self.implementation.capabilities | several | predict

    @property
    def arithmetic(self) -> Arithmetic:
        """How it rounds: what is declared, and what was found when it was first needed."""
        key = (self.implementation, self.dtype, self.modes_run)
        if key not in self.run.arithmetics:
            try:
                found = call_within(self.run.time_limit, lambda: probed(*key))
            except TimeLimitReached:
                declared = self.implementation.arithmetic(self.dtype)
                found = replace(
                    declared, unknown=f"TimeLimitReached after {self.run.time_limit:g} s"
                )
            self.run.arithmetics[key] = found
        return self.run.arithmetics[key]

    @property
    def time_limit(self) -> Optional[float]:
        """Seconds for the next question, None for any number."""
        limit, first = self.run.time_limit, self._key not in self.run.asked
        return limit + self.run.starting if limit and first else limit

    def has_been_asked(self) -> None:
        """From now on nothing is loaded or compiled for the first time."""
        self.run.asked.add(self._key)

    @property
    def _key(self) -> tuple[Implementation, Optional[str], str]:
        return self.implementation, self.mode, self.dtype

    def known_deviations(self, found: str) -> list[Deviation]:
        """Those that may show in a property on this implementation and its versions."""
        versions = self.implementation.versions()
        name = self.implementation.name
        names = {name, name.partition("+")[0]}  # a seeded fault takes none of them away
        return [
            d for d in self.run.deviations if any(d.concerns(n, found, versions) for n in names)
        ]

    def facts(
        self, case: Union[Case, Composition, None], *others: dict[str, Any]
    ) -> dict[str, Any]:
        """What the condition of a known deviation may ask of a case; None where there is none.

        ``others`` are the facts of what else was drawn.
        """
        facts: dict[str, Any] = dict.fromkeys(FACTS)
        if isinstance(case, Composition):
            facts.update(case.size._asdict(), N=len(case.inputs))
            facts.update(case.size.architecture._asdict())
            del facts["architecture"]
        elif case is not None:
            facts.update(case.dimensions._asdict(), texture=case.texture)
            facts.update({} if case.options is None else case.options._asdict())
        facts.update(
            arguments="", question="", traits=frozenset()
        )  # in which others are looked for
        for other in others:
            facts.update(other)
        return {**facts, "mode": self.mode, "dtype": self.dtype}

    # What is drawn

    @property
    def modes_run(self) -> tuple[str, ...]:
        """The modes that a case is run in: its own, or all."""
        return (self.mode,) if self.mode else self.modes

    @property
    def cost(self) -> int:
        """What a case costs in the dearest of its modes, as a multiple of the cheapest mode."""
        return max(self.implementation.costs.get(mode, 1) for mode in self.modes_run)

    @property
    def activations(self) -> tuple[str, ...]:
        """Those that the implementation has; tanh alone where that is all it can be asked."""
        if CHOSEN_ACTIVATIONS not in self.capabilities:
            return ("tanh",)
        return self.implementation.activations()

    def sizes(self, activations: tuple[str, ...] = ("tanh",)) -> st.SearchStrategy[Dimensions]:
        """Dimensions from a pool of network sizes, a third as many for 16-bit dtypes.

        Where there are fewer of them than activations, other modes and dtypes have the others.
        """
        compiled = self.implementation.compiled_modes
        first = self._networks_before % len(activations)
        activations = (*activations[first:], *activations[:first])
        return dimensions(
            max_networks=self._networks(self.dtype),
            one_batch_per_network=not compiled.isdisjoint(self.modes_run),
            pool_seed=self.run.seed % 2**32,  # NumPy wants no negative ones
            activations=activations,
            dense_activations=("linear",) if activations == ("tanh",) else activations,
        )

    def _networks(self, dtype: str) -> int:
        networks = self.run.profile.networks
        return networks if dtype in WIDE_DTYPES else -(-networks // 3)

    @property
    def _networks_before(self) -> int:
        """How many networks the modes and dtypes before this one have."""
        sizes = [self._networks(dtype) for dtype in self.implementation.dtypes]
        mode = self.modes.index(self.mode) if self.mode in self.modes else 0
        return mode * sum(sizes) + sum(sizes[: self.implementation.dtypes.index(self.dtype)])

    def cases(self, *textures: str) -> st.SearchStrategy[Case]:
        """Cases of the subject's dtype, of all textures or of some."""
        return cases(dtype=self.dtype, sizes=self.sizes(), textures=textures or None)

    def activated_cases(self) -> st.SearchStrategy[Case]:
        """Cases with any of the activations that the implementation has."""
        return cases(dtype=self.dtype, sizes=self.sizes(self.activations))

    def extreme_cases(self, kind: str) -> st.SearchStrategy[Case]:
        """Cases at an end of the dtype (`strategies.special_values`), with any activation."""
        return extreme_cases(kind, dtype=self.dtype, sizes=self.sizes(self.activations))

    # What is run

    def new_network(self, size: NetworkSize, *, sequences: bool = False) -> Network:
        """A network just built, with the weights that it was born with."""
        return self.implementation.network(size, self.dtype, sequences=sequences)

    def network(self, case: Case, *, sequences: bool) -> Network:
        """A network of the case's size, with the case's weights; reused where there is one."""
        network = self.run.networks.get(
            self.implementation, case.dimensions.network, self.dtype, sequences
        )
        network.renew_weights(case.weights)
        return network

    def output(self, case: Case, mode: Optional[str] = None) -> Output:
        """The last output y_T, (N, K)."""
        question = self._ask(case, mode or self.mode or self.modes[0], sequences=False)
        network = self.network(case, sequences=False)
        question.answer = result = network.output(case.inputs, question.mode)
        return as_array(result, "the output", (case.N, case.K), self.results).copy()

    def states_and_outputs(self, case: Case) -> Steps:
        """Every state (N, T, M) and every output (N, T, K)."""
        question = self._ask(case, self.mode or self.modes[0], sequences=True)
        network = self.network(case, sequences=True)
        question.answer = states, outputs = network.states_and_outputs(case.inputs, question.mode)
        states = as_array(states, "the sequence of states", (case.N, case.T, case.M), self.results)
        outputs = as_array(
            outputs, "the sequence of outputs", (case.N, case.T, case.K), self.results
        )
        return states.copy(), outputs.copy()

    def answer(
        self, case: Case, *, mode: Optional[str] = None, batch_size: Optional[int] = None
    ) -> Answer:
        """What a network with options returns; see `conformance.checking.asking`."""
        question = self._ask(case, mode or self.mode or self.modes[0], sequences=False)
        network = self.network(case, sequences=False)
        question.answer = answer = network.answer(
            case.inputs,
            question.mode,
            mask=case.mask,
            initial_state=case.initial_state,
            batch_size=batch_size,
        )
        return answer

    def _ask(self, case: Case, mode: str, *, sequences: bool) -> Question:
        self.asked.append(Question(case, mode, sequences))
        return self.asked[-1]

    # What is judged

    def equation(self, case: Case) -> Bounded:
        """The last output by the recurrence, and how far rounding may lead from it."""
        return propagated_output(case, self.arithmetic)

    def judge(
        self,
        comparison: Comparison,
        case: Optional[Case] = None,
        sentence: str = "the {quantity} differs from the recurrence by more than rounding explains",
    ) -> None:
        """Record the share of the bound that was used.

        Raises:
            Nonconformity: an element is outside its bound.
        """
        self.shares.worst.append(comparison.worst)
        if case is not None and comparison.quantity != "state":
            self.shares.informative &= informative(comparison.bound, case)
        if not comparison.within:
            if np.isnan(comparison.got).any() and not np.isnan(comparison.expected).any():
                sentence = "the {quantity} is NaN where the recurrence gives a number"
            raise Nonconformity(sentence.format(quantity=comparison.quantity), comparison)

    def judge_output(self, case: Case, output: np.ndarray, **kwargs: str) -> None:
        """Judge a last output by the propagated bound (Z)."""
        self.judge(compare("output", output, self.equation(case)), case, **kwargs)

    def judge_steps(self, case: Case, states: np.ndarray, outputs: np.ndarray) -> Comparison:
        """Judge every step by the residual bound (R); returns the comparison of the states."""
        compared = compare("state", states, residual_state(case, states, self.arithmetic))
        of_outputs = residual_output(case, states, self.arithmetic)
        self.judge(compared, case)
        self.judge(
            compare("output", outputs, of_outputs),
            case,
            "the {quantity} differs from Dense applied to the emitted state",
        )
        return compared

    def note_drift(self, case: Case, compared: Comparison) -> None:
        """Record how large the errors of states are beside those of independent roundings."""
        expected = random_walk(case, compared.got, self.arithmetic)
        found = drift(compared.error, expected, self.arithmetic)
        if found is not None:
            self.shares.drift.append(found)


def require(condition: bool, sentence: str | Callable[[], str]) -> None:
    """State a fact that must hold.

    Raises:
        Nonconformity: it does not; ``sentence`` says what is the case instead.
    """
    if not condition:
        raise Nonconformity(sentence if isinstance(sentence, str) else sentence())


def require_equal(what: str, got: object, expected: object) -> None:
    """State that two plain values are equal; both are named if they are not."""
    require(got == expected, lambda: f"{what} is {got}, must be {expected}")
