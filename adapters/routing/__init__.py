"""Routes to other engines: their settings, and the client of another engine's API."""
