"""Consumers outside the program, to which the events of a log are sent in batches of JSON lines."""
