"""The pytest plugin: ``-p conformance.plugin``, or ``pytest_plugins`` in a ``conftest.py``."""

from conformance.plugin.session import pytest_addoption, pytest_cmdline_main, pytest_configure

__all__ = ["pytest_addoption", "pytest_cmdline_main", "pytest_configure"]
