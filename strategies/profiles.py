"""How much is asked: the budgets of a quick, a default and a thorough run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """Budget of a run.

    ``cases`` is the number of executions for each property in a mode of cost 1 (see
    `Implementation.costs`), and ``fewest`` that in a mode however dear; ``builds`` for properties
    that build a network for each case; ``networks`` is the number of different network sizes in the
    run.
    """

    cases: int
    builds: int
    networks: int
    fewest: int


PROFILES = {
    "quick": Profile(cases=20, builds=4, networks=4, fewest=3),
    "default": Profile(cases=100, builds=12, networks=8, fewest=5),
    "thorough": Profile(cases=1500, builds=100, networks=40, fewest=5),
}
