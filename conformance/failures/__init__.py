"""What is told of one failure: the description, and a script that shows it again."""
