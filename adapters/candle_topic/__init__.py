"""Closed candles in one Kafka topic: published once, and shared by the members of a consumer group.

The topic is `<base>.candles`, with the instrument as a record's key, the time of the candle's close as its timestamp, and
a signature of the installation. All candles of an instrument are in one partition, in the order of their times.
"""
