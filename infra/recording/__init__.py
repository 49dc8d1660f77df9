"""Recording of markets: what `whence record` receives, and where it writes it."""
