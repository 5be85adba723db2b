"""Why two networks part: what every cause suspects, and what the candidate, run amended, proves of it."""
