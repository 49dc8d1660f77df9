"""Marks: proof that an event was written with this installation's key, at its place in its log."""
