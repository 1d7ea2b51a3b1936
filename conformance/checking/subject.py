"""A subject: one implementation, in one mode and one dtype, of whose layers one is asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Optional

from conformance.cells import SIMPLE_RNN
from conformance.checking.probing import probed
from conformance.checking.run import Run
from conformance.deviations.reading import NO_FACTS, Deviation
from conformance.implementations.capabilities import CHOSEN_ACTIVATIONS, PREDICT, SEVERAL_MODES
from conformance.implementations.protocol import Answering, Implementation
from conformance.numerics.arithmetic import Arithmetic
from conformance.running.parts import WHOLE, Part
from conformance.running.time_limit import TimeLimitReached, call_within
from strategies import Cell
from strategies.dtypes import POLICIES


@dataclass(frozen=True, eq=False)
class Subject:
    """Who is asked. Nothing changes a subject; what is asked is a `conformance.checking.record`.

    ``mode`` is how the implementation is executed, None for what has nothing to do with execution;
    ``dtype`` that of weights, inputs and results. ``run`` has budget, seed and networks. ``modes``
    are all modes of the run, for properties that compare them. ``part`` says which of a property's
    cases are asked.
    """

    implementation: Implementation
    mode: Optional[str]
    dtype: str
    run: Run = field(default_factory=Run, repr=False)
    modes: tuple[str, ...] = ()
    part: Part = WHOLE
    cell: Cell = SIMPLE_RNN

    def __post_init__(self) -> None:
        if not self.modes:
            object.__setattr__(self, "modes", self.implementation.modes)

    @property
    def id(self) -> str:
        """``keras-graph-float32``, ``keras-float32`` without a mode, ``keras-lstm-float32``.

        SimpleRNN is not named: it was the only layer once, and ids stay as they are known.
        """
        layer = None if self.cell is SIMPLE_RNN else self.layer
        return "-".join(filter(None, (self.implementation.name, layer, self.mode, self.dtype)))

    @property
    def layer(self) -> str:
        """The name of its cell."""
        return self.cell.name

    def titled(self, sentence: str) -> str:
        """A sentence about it; of another layer than SimpleRNN it says which."""
        return sentence if self.cell is SIMPLE_RNN else f"{self.cell.title}: {sentence}"

    @property
    def test_id(self) -> str:
        """The same, with the part where there are several: ``keras-graph-float32-2of6``."""
        return self.id if self.part.of == 1 else f"{self.id}-{self.part}"

    def with_seed(self, seed: int) -> Subject:
        """The same in a run with another seed."""
        return replace(self, run=replace(self.run, seed=seed))

    def only(self, part: Part) -> Subject:
        """The same with a part of the cases."""
        return replace(self, part=part)

    @property
    def results(self) -> str:
        """The NumPy dtype that carries states and outputs."""
        return POLICIES[self.dtype].results

    @property
    def capabilities(self) -> frozenset[Any]:
        """What the implementation declares, and what the modes that were asked for add to it."""
        several = {SEVERAL_MODES} if len(self.modes) > 1 else set()
        predict = {PREDICT} if "predict" in self.modes else set()
        return self.implementation.capabilities | several | predict

    def capability(self, wanted: type[Answering]) -> Answering:
        """What answers the questions of a clause."""
        return self.implementation.capability(wanted)

    def facts(self, *drawn: object) -> dict[str, Any]:
        """What the condition of a known deviation may ask of what was drawn."""
        facts = {**NO_FACTS, "mode": self.mode, "dtype": self.dtype, "cell": self.layer}
        for value in drawn:
            facts.update(getattr(value, "facts", {}))
        return facts

    @property
    def arithmetic(self) -> Arithmetic:
        """How it rounds: what is declared, and what was found when it was first needed.

        SimpleRNN is what is asked, where the implementation has it: the state of a gated cell is no
        plain sum. How a library stores its sums does not depend on the layer.
        """
        key = (self.implementation, self.dtype, self.modes_run)
        cell = SIMPLE_RNN if SIMPLE_RNN.name in self.implementation.layers else self.cell
        if key not in self.run.arithmetics:
            try:
                row = call_within(self.run.time_limit, lambda: probed(*key, cell))
            except TimeLimitReached:  # as one that raises: the properties will say so
                row = self.implementation.arithmetic(self.dtype)
            self.run.arithmetics[key] = row
        return self.run.arithmetics[key]

    def known_deviations(self, property_name: str) -> list[Deviation]:
        """Those that may show in a property on this implementation and its versions."""
        versions = self.implementation.versions()
        name = self.implementation.name
        names = {name, name.partition("+")[0]}  # a seeded fault takes none of them away
        return [
            deviation
            for deviation in self.run.deviations
            if any(deviation.concerns(name, property_name, versions) for name in names)
        ]

    @property
    def modes_run(self) -> tuple[str, ...]:
        """The modes that a case is run in: its own, or all."""
        return (self.mode,) if self.mode else self.modes

    @property
    def first_mode(self) -> str:
        """Its mode, or the first of the run."""
        return self.modes_run[0]

    @property
    def compiled(self) -> bool:
        """Whether one of its modes compiles anew for each shape."""
        return not self.implementation.compiled_modes.isdisjoint(self.modes_run)

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
