"""The close of the last candle of each instrument that the engine has seen, with its venue and age."""

from __future__ import annotations

from adapters.telegram.content import Content
from adapters.telegram.text import Text, code
from infra.telegram.screens.figures import age, badge, number
from infra.telegram.screens.screen import Data, Scene, Screen, page

_MOST = 40
"""Instruments on the screen; Telegram's longest message has room for them."""
_QUERY = "query { accounts { account openedBy } prices { instrument price at } }"


def _render(data: Data, scene: Scene) -> Content:
    words, prices = scene.words, data["prices"]
    if prices is None:
        body: list[Text | str] = [words("market-no-engine")]
    elif not prices:
        body = [words("market-empty")]
    else:
        body = [_line(one, scene) for one in prices[:_MOST]]
    if prices and len(prices) > _MOST:
        body.append(words("more", n=len(prices) - _MOST))
    return page(scene, "market", badge(data["accounts"]), body)


def _line(price: Data, scene: Scene) -> Text:
    symbol, _, venue = str(price["instrument"]).partition(".")
    return (
        code(f"{symbol}  {number(price['price'])}")
        + "  "
        + scene.words("market-candle", venue=venue, age=age(price["at"], scene.now, scene.words))
    )


MARKET = Screen("market", _QUERY, _render, is_live=True)
