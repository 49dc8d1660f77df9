"""Features: figures of a signal, each computed only from what was known when the signal was detected."""
