"""The content of a leaf: an event, as it was first written."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from domain.notary.merkle import leaf_hash

_LENGTH = Struct(">I").pack
_NUMBER = Struct(">Q").pack
_PURPOSE = b"whence event leaf 1"
_PLACES = _LENGTH(8)


class Leaf(NamedTuple):
    """One event of a log.

    `ordinal` is its place in the log and `version` its place in `stream`, both counted from 1. `type` is the full name
    of its Avro record, `body` the Avro bytes without a prefix, as they were first written. `schema` is the SHA-256 of
    the parsing canonical form of the schema that wrote them. Neither the offset of a Kafka record nor the id of a
    schema in a registry is in it, so that a log and its copy on another store have the same leaves.
    """

    ordinal: int
    stream: str
    version: int
    type: str
    body: bytes
    schema: bytes

    @property
    def content(self) -> bytes:
        """The bytes that are hashed: each part after its length in four bytes, big-endian; numbers have eight bytes.

        The first part is `whence event leaf 1`, so that no other content has these bytes.
        """
        stream, type_ = self.stream.encode(), self.type.encode()
        return b"".join(
            (
                _BEGIN,
                _PLACES,
                _NUMBER(self.ordinal),
                _LENGTH(len(stream)),
                stream,
                _PLACES,
                _NUMBER(self.version),
                _LENGTH(len(type_)),
                type_,
                _LENGTH(len(self.body)),
                self.body,
                _LENGTH(len(self.schema)),
                self.schema,
            )
        )

    @property
    def hash(self) -> bytes:
        """The hash of the leaf in the tree, 32 bytes."""
        return leaf_hash(self.content)


_BEGIN = _LENGTH(len(_PURPOSE)) + _PURPOSE
