"""Reads a topic with Debian's kcat, a tool that is not ours."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

_SECONDS: Final = 30


class KcatRecord(msgspec.Struct, frozen=True):
    """A record as kcat writes it in JSON. `ts` is in milliseconds; bytes that are not UTF-8 are U+FFFD."""

    key: str
    ts: int
    payload: str
    headers: Sequence[str]

    @property
    def pairs(self) -> Sequence[tuple[str, str]]:
        """The headers in order: kcat alternates names and values in one list."""
        return list(zip(self.headers[::2], self.headers[1::2], strict=True))

    @property
    def header(self) -> Mapping[str, str]:
        """The value of each header."""
        return dict(self.pairs)


def kcat(servers: str, topic: str) -> Sequence[KcatRecord]:
    """The records of the topic's first partition, in order.

    As JSON: the signature in a mark is bytes, in which any separator of kcat's own format (`-f`) may occur.
    """
    command = ["kcat", "-b", servers, "-C", "-e", "-q", "-J", "-t", topic, "-p", "0"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=_SECONDS)
    lines = [line.decode(errors="replace") for line in done.stdout.split(b"\n") if line]
    return [msgspec.convert(json.loads(line), KcatRecord) for line in lines]
