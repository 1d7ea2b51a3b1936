"""The specification: one file for each clause, one function for each statement."""
