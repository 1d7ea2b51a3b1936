"""What may be asked: Hypothesis strategies for dimensions, weights, inputs and whole cases.

Knows Hypothesis and NumPy only; neither ``conformance`` nor any library under test.
"""

from strategies.cases import DTYPES, Case, cases, notebook_case, seeds
from strategies.dimensions import Dimensions, NetworkSize, dimensions
from strategies.tensors import TEXTURES, Tensors

__all__ = [
    "DTYPES",
    "TEXTURES",
    "Case",
    "Dimensions",
    "NetworkSize",
    "Tensors",
    "cases",
    "dimensions",
    "notebook_case",
    "seeds",
]
