"""The shelf of causes: one file each."""
