"""Fresh weights: from which distribution each side draws every array, layer by layer, and whether it is the same."""
