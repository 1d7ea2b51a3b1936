"""Faults seeded into Keras underneath its public API, so that every mode sees them.

A fault patches classes of the installed Keras for the rest of the process. Each module enters its
faults when it is imported; a new module is found by itself.
"""

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
