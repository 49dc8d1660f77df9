"""The members of a consumer group.

They are requested through aiokafka. librdkafka aborts the whole process where the connection to a group's coordinator
breaks as it sends such a request (docs/decisions/0014; https://github.com/confluentinc/librdkafka/issues/4605).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from aiokafka.admin import AIOKafkaAdminClient  # pyright: ignore[reportMissingTypeStubs] - it has no stubs
from aiokafka.errors import (  # pyright: ignore[reportMissingTypeStubs] - as above
    GroupIdNotFound,
    KafkaError,
    NoError,
    RequestTimedOutError,
    for_code,
)

from adapters.kafka.aiokafka_settings import aiokafka_arguments
from adapters.kafka.errors import KafkaUnavailable

_PAUSE_SECONDS: Final = 0.05


def client_ids(settings: Mapping[str, str], group: str, timeout: float) -> list[str]:
    """The client ids of the members of `group`; none where the group does not exist.

    `settings` are librdkafka's, `timeout` is in seconds. While no broker responds, or the group's coordinator is still
    loading the group, the request is sent again until the timeout ends. Raises KafkaUnavailable then, and at once where
    the cluster refuses the request; KafkaSettingsInvalid for settings that aiokafka does not know. The calling thread
    must not run an event loop.
    """
    return asyncio.run(_client_ids(aiokafka_arguments(settings), group, timeout))


async def _client_ids(arguments: dict[str, Any], group: str, seconds: float) -> list[str]:
    reason: KafkaError | None = None
    try:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    return await _described(arguments, group, seconds)
                except KafkaError as error:
                    if not (error.retriable or isinstance(error, RequestTimedOutError)):
                        raise KafkaUnavailable(f"{group}: {error}") from error
                    reason = error
                await asyncio.sleep(_PAUSE_SECONDS)
    except TimeoutError:
        why = "" if reason is None else f" ({reason})"
        raise KafkaUnavailable(f"{group}: no response within {seconds:g} s{why}") from reason


async def _described(arguments: dict[str, Any], group: str, seconds: float) -> list[str]:
    client = AIOKafkaAdminClient(**arguments, request_timeout_ms=round(seconds * 1000))
    try:
        await client.start()
        (response,) = await client.describe_consumer_groups([group])
    finally:
        await client.close()
    # A request for one group has one description in its response.
    (found,) = cast(Sequence[Mapping[str, Any]], response.to_object()["groups"])
    error = for_code(found["error_code"])
    if error is GroupIdNotFound:
        return []
    if error is not NoError:
        raise error
    return [str(member["client_id"]) for member in found["members"]]
