"""What must come out: the equation of each cell, one file each."""

from conformance.cells.gru import GRU
from conformance.cells.lstm import LSTM
from conformance.cells.simple_rnn import SIMPLE_RNN

#: Every cell by name.
CELLS = {cell.name: cell for cell in (SIMPLE_RNN, LSTM, GRU)}

__all__ = ["CELLS", "GRU", "LSTM", "SIMPLE_RNN"]
