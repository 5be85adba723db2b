"""Networks of `keras.applications`, written again in PyTorch."""
