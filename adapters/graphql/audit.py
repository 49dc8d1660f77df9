"""The audit of the log: its last signed checkpoint, the proof of an event, and a verification."""

from __future__ import annotations

from functools import partial

import strawberry

from adapters.graphql.context import Info
from adapters.graphql.scalars import Ordinal
from adapters.notary.auditing import Auditor, Verification
from adapters.notary.proof_file import Inclusion
from domain.errors import Refused
from domain.notary.note import encoded


@strawberry.type(
    description="The last checkpoint that the log's notary has signed. The API checks no signature without a key: "
    "whoever wants proof checks it with the notary's public key."
)
class SignedCheckpoint:
    origin: str = strawberry.field(description="The log, as `whence/<its id>`.")
    size: Ordinal = strawberry.field(description="The number of events in it.")
    root: str = strawberry.field(description="The root of the tree over these events (RFC 6962), in base64.")
    note: str = strawberry.field(description="The signed note (C2SP), from which the other fields are read.")
    unsigned: Ordinal = strawberry.field(description="The number of later events, which are not in it.")


@strawberry.type(
    description="The proof that an event is in the last checkpoint: the content of its leaf, and the hashes from its "
    "neighbour to the root. `docs/audit.md` has the bytes that are hashed."
)
class InclusionProof:
    ordinal: Ordinal = strawberry.field(description="The event's ordinal in the log.")
    stream: str = strawberry.field(description="Its stream.")
    version: Ordinal = strawberry.field(description="Its version in the stream.")
    type: str = strawberry.field(description="The full name of its Avro record.")
    body: str = strawberry.field(description="Its Avro bytes as they were first written, in base64.")
    schema: str = strawberry.field(description="The parsing canonical form of the schema that wrote it.")
    hashes: list[str] = strawberry.field(description="The hashes in base64, the leaf's neighbour first.")
    note: str = strawberry.field(description="The signed checkpoint that has the event.")


@strawberry.type(description="The comparison of the log with all signed checkpoints.")
class LogVerification:
    origin: str = strawberry.field(description="The log, as `whence/<its id>`.")
    size: Ordinal = strawberry.field(description="The number of events in the last checkpoint.")
    difference: str | None = strawberry.field(
        description="Where the log first differs; null where every event is as it was signed."
    )
    compared: int = strawberry.field(
        description="The number of checkpoints that the log agrees with; 0 where it differs."
    )
    unsigned: Ordinal = strawberry.field(
        description="The number of later events, which are in no checkpoint; 0 where the log differs."
    )


async def checkpoint_of(info: Info) -> SignedCheckpoint | None:
    """The last checkpoint; None where none is signed. Raises InvalidInput, Refused in a process without a notary."""
    return await info.context.served.readers.run(partial(_last, _auditor(info)))


async def proof_of(info: Info, ordinal: int) -> InclusionProof:
    """The proof of the event with this ordinal. Raises what `Auditor.inclusion` raises."""
    found = await info.context.served.readers.run(partial(_auditor(info).inclusion, ordinal))
    return _proof(found)


async def verification_of(info: Info, key: str) -> LogVerification:
    """Verifies the whole log. Raises what `Auditor.verify` raises."""
    found: Verification = await info.context.served.readers.run(partial(_auditor(info).verify, key))
    return LogVerification(
        origin=found.checkpoint.origin,
        size=Ordinal(found.checkpoint.size),
        difference=found.difference,
        compared=found.compared,
        unsigned=Ordinal(found.unsigned),
    )


def _auditor(info: Info) -> Auditor:
    auditor = info.context.served.auditor
    if auditor is None:
        raise Refused("this program reads no checkpoints")
    return auditor


def _last(auditor: Auditor) -> SignedCheckpoint | None:
    found = auditor.last()
    if found is None:
        return None
    note, checkpoint = found
    return SignedCheckpoint(
        origin=checkpoint.origin,
        size=Ordinal(checkpoint.size),
        root=encoded(checkpoint.root),
        note=str(note),
        unsigned=Ordinal(max(0, auditor.head - checkpoint.size)),
    )


def _proof(found: Inclusion) -> InclusionProof:
    event = found.event
    return InclusionProof(
        ordinal=Ordinal(event.ordinal),
        stream=event.stream,
        version=Ordinal(event.version),
        type=event.type,
        body=event.body,
        schema=event.schema,
        hashes=list(found.proof),
        note=found.checkpoint,
    )
