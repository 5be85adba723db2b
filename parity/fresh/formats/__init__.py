"""One way to tell what fresh weights are drawn from a file: `render(document)`, under the names of parity.formats."""
