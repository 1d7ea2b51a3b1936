"""What must come out: the equation of each cell, one file each."""

from conformance.cells.simple_rnn import SIMPLE_RNN

#: Every cell by name.
CELLS = {cell.name: cell for cell in (SIMPLE_RNN,)}

__all__ = ["CELLS", "SIMPLE_RNN"]
