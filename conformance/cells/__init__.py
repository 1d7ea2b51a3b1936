"""What must come out: the equation of each cell, one file each."""
