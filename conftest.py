"""Names the plugin; everything else is in `conformance.plugin`."""

pytest_plugins = ["conformance.plugin"]
