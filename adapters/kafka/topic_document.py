"""The table of topics and the rights of the roles as Markdown, for the documents and `whence topics list`."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.kafka.rights import rows_of
from adapters.kafka.topic_table import TOPICS


def topics_table(events: str) -> Iterator[str]:
    """A line for each topic: its name, what it holds, its key, partitions and settings."""
    yield "| topic | holds | key | partitions | settings |"
    yield "|---|---|---|---|---|"
    for row in TOPICS:
        partitions = "one a shard" if row.has_shards else str(row.width)
        settings = ", ".join(f"`{key}={value}`" for key, value in row.required.items())
        yield f"| `{row.name(events)}` | {row.holds} | {row.key} | {partitions} | {settings} |"


def rights_table(events: str) -> Iterator[str]:
    """A line for each right: role, resource, operations."""
    yield "| role | resource | operations |"
    yield "|---|---|---|"
    for grant in rows_of(events):
        resource = f"{grant.kind.lower()} {'prefix ' if grant.is_prefix else ''}`{grant.name}`"
        yield f"| {grant.role} | {resource} | {', '.join(grant.operations)} |"
