"""Where libraries are known not to compute what the equations say."""
