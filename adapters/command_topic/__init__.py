"""Commands across processes: a Kafka topic that requests go into, and one that the engines' answers come back by.

Beside the topic of events: `<events>.commands`, keyed by account, and `<events>.answers`. A request is durable before
anybody waits for its answer, and is taken up at least once; that it is done at most once is the engine's own memory of
command ids, which is the log.
"""

from adapters.command_topic.consumer import CommandConsumer
from adapters.command_topic.door import KafkaDoor
from adapters.command_topic.topic_names import CommandTopic

__all__ = ["CommandConsumer", "CommandTopic", "KafkaDoor"]
