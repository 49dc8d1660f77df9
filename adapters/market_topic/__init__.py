"""Messages of markets in one Kafka topic, as a recorder received them.

The topic is `<base>.market`. A record's key is the instrument and its timestamp the time of arrival; it is signed with
a key of the installation. All records of an instrument are in one partition, in the order in which they arrived.
"""
