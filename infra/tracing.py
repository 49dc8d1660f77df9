"""Sends traces, where `tracing = true` is set, to the endpoint that the standard OTEL_… variables name."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from adapters.extras import install_line
from domain.errors import MissingParts
from infra.config import WhenceSettings

if TYPE_CHECKING:
    from adapters.tracing.spans import EventSpans


@contextmanager
def tracing(settings: WhenceSettings) -> Generator[EventSpans | None]:
    """Yields the recorder of spans, or None where tracing is off; sends the remaining spans when the context ends.

    Raises MissingParts where OpenTelemetry is not installed.
    """
    if not settings.tracing:
        yield None
        return
    try:
        from adapters.tracing.export import Traces
    except ModuleNotFoundError as missing:
        raise MissingParts(
            f"tracing = true needs OpenTelemetry ({missing.name}): {install_line('tracing')}"
        ) from None
    with closing(Traces()) as traces:
        yield traces.spans
