"""What may be asked: Hypothesis strategies for dimensions, weights, inputs and whole cases.

Knows Hypothesis and NumPy only; neither ``conformance`` nor any library under test. Which cells
there are is in `conformance.cells`.
"""

from strategies.cases import Case, cases, notebook_case, notebook_size, seeds, wide_size
from strategies.cell import Cell, Weight
from strategies.dimensions import Dimensions, NetworkSize, dimensions
from strategies.dtypes import DTYPES, WIDE_DTYPES
from strategies.options import EVERY_STEP, PLAIN, Options
from strategies.textures import TEXTURES, Tensors

__all__ = [
    "DTYPES",
    "EVERY_STEP",
    "PLAIN",
    "TEXTURES",
    "WIDE_DTYPES",
    "Case",
    "Cell",
    "Dimensions",
    "NetworkSize",
    "Options",
    "Tensors",
    "Weight",
    "cases",
    "dimensions",
    "notebook_case",
    "notebook_size",
    "seeds",
    "wide_size",
]
