"""Requests across processes: one Kafka topic for requests and one for the engines' answers.

The topics are `<events>.commands`, keyed by account, `<events>.answers` and `<events>.refused`, where `<events>` is the
topic of events. Requests and answers are signed with a key of the installation; others are refused and kept. A
request is durable before its sender waits for the answer, and is delivered at least once. It is carried out at most
once, because the engine finds the ids of earlier commands in the log.

The package exports nothing, because the socket of an engine uses `wire` without the clients of Kafka.
"""
