"""One way to draw a fresh array a file: `INITIALISER`."""
