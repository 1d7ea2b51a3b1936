"""The pytest plugin: ``-p conformance.plugin``, or ``pytest_plugins`` in a ``conftest.py``."""

from conformance.plugin.session import pytest_addoption, pytest_configure

__all__ = ["pytest_addoption", "pytest_configure"]
