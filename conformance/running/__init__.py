"""Where, on what and how long a run works: parts, devices, kept examples, the time limit."""
