"""Dead letters: what came from outside and could not be understood, kept with the reason and the original bytes.

The letters of a log are beside it: in a SQLite file, in tables of the log's PostgreSQL database, or in a Kafka topic.
A parked event (`projections.parked`) is something else: a valid event of the log that a read model could not fold.
"""
