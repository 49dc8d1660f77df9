"""Opens the sealed texts of events and responses for display, with the keys that this installation has."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from html import escape

from adapters.personal.keys import PersonalKeys
from adapters.personal.opener import Opener
from domain.errors import KeyRefused
from domain.log import Recorded
from infra.config import WhenceSettings
from infra.logs import keys_of

_log = logging.getLogger(__name__)

Read = Callable[..., Iterator[Recorded]]


def opener_of(settings: WhenceSettings) -> Opener:
    """Opens what the keys of this installation open."""
    return Opener(PersonalKeys(keys_of(settings)))


def opened_read(settings: WhenceSettings, read: Read) -> Read:
    """`LogReader.read` with the texts of each event opened, for display only. The reads raise KeyRefused, too."""
    opener = opener_of(settings)
    return lambda *args, **named: map(opener.recorded, read(*args, **named))


def opened_page(settings: WhenceSettings, page: str) -> str:
    """The HTML page with its texts opened. Raises KeyRefused."""
    return opener_of(settings).opened(page, escape)


def opened_json(settings: WhenceSettings, content: str) -> str:
    """The JSON with its texts opened. Raises KeyRefused."""
    return opener_of(settings).opened(content, _in_json)


def response_opener(settings: WhenceSettings) -> Callable[[str], str]:
    """Opens the texts of a JSON response. Where the keys cannot be read, the response keeps its sealed texts."""
    opener = opener_of(settings)

    def opened(content: str) -> str:
        try:
            return opener.opened(content, _in_json)
        except KeyRefused as fault:
            _log.error("a response keeps its sealed texts: %s", fault)
            return content

    return opened


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
