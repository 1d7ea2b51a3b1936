"""How far activations are off in libraries: one program, ``python -m benchmarks.activations``."""
