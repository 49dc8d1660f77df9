"""Readings of order books in one Kafka topic, made by processes that share the instruments by leases.

The topic is `<base>.books`. A record's key is the instrument; it is signed with a key of the installation, and has the
epoch of the lease under which it was made. The leases are the partitions of the topic `<base>.book-leases`.
"""
