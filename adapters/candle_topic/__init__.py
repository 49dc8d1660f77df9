"""Closed candles in one Kafka topic: published once, and shared by the members of a consumer group.

The topic is `<base>.candles`. A record's key is the instrument, its timestamp the time of the candle's close; it is
signed with a key of the installation. All candles of an instrument are in one partition, in the order of their times.
"""
