"""The two fastavro functions used here, with precise types: fastavro's own annotations are incomplete."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, Final, cast

from fastavro import schemaless_reader, schemaless_writer  # pyright: ignore[reportUnknownVariableType]

Json = dict[str, Any]
"""A schema or a part of a schema."""

Record = dict[str, Any]
"""An event as fastavro reads and writes it: `meta` and the event's own fields, without logical types."""

read_record: Final = cast("Callable[[BytesIO, Json], Record]", schemaless_reader)
write_record: Final = cast("Callable[[BytesIO, Json, Record], None]", schemaless_writer)
