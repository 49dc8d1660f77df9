"""A Confluent-compatible schema registry. Needs the extra `registry`."""
