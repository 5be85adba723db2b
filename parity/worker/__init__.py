"""One process a side: `client` starts it and speaks to it, `server` is its other end, `wire` what passes between."""
