"""A corpus of faults: every cause planted in the source of every network where it can live, and what is told of it."""
