"""How numbers may be rounded: formats, sums, activations, and how certain chance is."""
