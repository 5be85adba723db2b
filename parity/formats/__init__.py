"""One way to tell a report document a file: `render(document)` and the file `SUFFIX` that asks for it."""
