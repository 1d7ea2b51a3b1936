"""Faults of arguments of the constructors: ignored, or taken for others."""

from __future__ import annotations

from conformance.faults.keras.patching import constructed


@constructed("layers.SimpleRNNCell", "configuration")
def use_bias_ignored(tf, cell):
    """SimpleRNN has a bias, asked for or not."""
    cell.use_bias = True


@constructed("layers.SimpleRNN", "configuration")
def stateful_ignored(tf, layer):
    """Stateful is ignored."""
    layer.stateful = False


@constructed("layers.SimpleRNN", "configuration")
def return_sequences_with_return_state(tf, layer):
    """A state can be returned beside a whole sequence only."""
    layer.return_sequences = layer.return_sequences or layer.return_state


@constructed("layers.SimpleRNN", "configuration")
def backwards_when_unrolled_ignored(tf, layer):
    """go_backwards is ignored where the layer is unrolled."""
    layer.go_backwards = layer.go_backwards and not layer.unroll


@constructed("layers.SimpleRNN", "configuration")
def zero_output_for_mask_always(tf, layer):
    """Outputs of masked steps are zero, asked for or not."""
    layer.zero_output_for_mask = True
