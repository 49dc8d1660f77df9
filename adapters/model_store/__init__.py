"""Model files in an object store."""
