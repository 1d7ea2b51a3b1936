"""What may be asked: Hypothesis strategies for dimensions, weights, inputs and whole cases.

Knows Hypothesis and NumPy only; neither ``conformance`` nor any library under test.
"""

from strategies.cases import NOTEBOOK_SIZE, WIDE_SIZE, Case, cases, notebook_case, seeds
from strategies.dimensions import Dimensions, NetworkSize, dimensions
from strategies.dtypes import DTYPES, WIDE_DTYPES
from strategies.options import Options
from strategies.textures import TEXTURES, Tensors

__all__ = [
    "DTYPES",
    "NOTEBOOK_SIZE",
    "TEXTURES",
    "WIDE_DTYPES",
    "WIDE_SIZE",
    "Case",
    "Dimensions",
    "NetworkSize",
    "Options",
    "Tensors",
    "cases",
    "dimensions",
    "notebook_case",
    "seeds",
]
