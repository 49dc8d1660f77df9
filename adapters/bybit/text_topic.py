"""The topic of a push without decoding what is behind it."""

from __future__ import annotations

from typing import Final

from adapters.bybit.market_frame import frame

_BEGIN: Final = '{"topic":"'


def text_topic(text: str) -> str:
    """The topic. Bybit writes it first; a push in another form is decoded.

    Raises msgspec.DecodeError or RecursionError for what is no push. A push whose topic comes first is not checked any
    further.
    """
    if text.startswith(_BEGIN):
        begin = len(_BEGIN)
        end = text.find('"', begin)
        topic = text[begin:end]
        if end > begin and "\\" not in topic:
            return topic
    return frame(text).topic
