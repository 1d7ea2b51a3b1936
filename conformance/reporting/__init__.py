"""What the user reads: header, summary, failures, reproduction scripts."""
