"""One framework a file: how to build a network in it, outline, read, load and run it."""
