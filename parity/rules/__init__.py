"""One layer kind a file, in every framework's spelling; read through `parity.shelf`."""
