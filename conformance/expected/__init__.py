"""What must come out of a question, and how far rounding may lead from it."""
