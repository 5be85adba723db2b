"""What several rules share: the arithmetic of windows, spans, slices and reductions, plain numbers, gates."""
