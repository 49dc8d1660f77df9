"""The tape of inputs: what an engine was fed, kept beside its log (SQLite) or in a topic of its own (Kafka)."""
