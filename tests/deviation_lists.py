"""Lists of known deviations to test with."""

from __future__ import annotations

from packaging.requirements import Requirement

from conformance.deviations.conditions import Condition
from conformance.deviations.reading import NO_FACTS, Deviation

WHOLE = {
    "name": "a slope",
    "implementation": "numpy",
    "properties": "*",
    "versions": ["numpy>=1.21"],
    "when": "activation == 'relu'",
    "reason": "because",
    "unstated": "nobody has looked",
}


class Raw(str):
    """TOML as it is written, where a value is no text or list."""

    def __repr__(self):
        return str(self)


def a_list(folder, *entries):
    """A file with these entries; ``None`` leaves a field out."""
    lines = []
    for entry in entries:
        lines += ["[[deviation]]", *(f"{k} = {v!r}" for k, v in entry.items() if v is not None)]
    path = folder / "list.toml"
    path.write_text("\n".join(lines).replace('"', "'''"), encoding="utf-8")
    return path


def deviation(when, implementation="numpy+leaky_relu_of_another_slope", found="*", **more):
    return Deviation(
        name="a slope",
        implementations=(implementation,),
        properties=(found,),
        versions=(Requirement("numpy>=1.21"),),
        when=Condition(when, NO_FACTS),
        reason="because",
        **more,
    )
