"""What must hold: the equations, how far rounding may lead from them, and who is asked."""

__version__ = "0.1.0"
