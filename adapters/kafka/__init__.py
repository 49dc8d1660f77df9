"""The log on Kafka as a persistence module of the `eventsourcing` library: `PERSISTENCE_MODULE=adapters.kafka`.

Kafka is the truth: an event is appended when its transaction is committed, and everything kept here can be thrown
away and read again. One writer owns a partition; whoever comes second fences it off or is told who has it.
"""

from adapters.kafka.factory import Factory, KafkaFactory

__all__ = ["Factory", "KafkaFactory"]
