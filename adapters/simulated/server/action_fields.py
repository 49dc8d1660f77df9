"""Which fields each action of the admin port takes."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Takes(Struct, frozen=True, gc=False):
    """The names of the fields as they are written in JSON."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)

    def listed(self) -> dict[str, str]:
        """Type, meaning and default of each field."""
        required = {name: f"{MEANINGS[name][0]}; required" for name in self.required}
        return {**required, **{name: "; default: ".join(MEANINGS[name]) for name in self.optional}}


MEANINGS: Mapping[str, tuple[str, str]] = {
    "key": ("text: API key of an account", "the first account's"),
    "category": ("text: linear or spot", "that of the order, else linear"),
    "symbol": ("text", "the first market of the category"),
    "side": ("text: Buy or Sell", "Buy"),
    "price": ("number as text: a multiple of the tick, in quote currency", "unchanged"),
    "qty": ("number as text: a multiple of the lot, in base currency", "what is left of the order"),
    "rate": ("number as text: from -1 to 1", "0.0001"),
    "mark": ("number as text, in quote currency", "follows the last price"),
    "index": ("number as text, in quote currency", "follows the mark price"),
    "orderId": ("text: the order's id; this or orderLinkId is required", "none"),
    "orderLinkId": ("text: the order's id of the client", "none"),
    "ms": ("whole number of milliseconds", "0"),
}
"""Type and default of each field."""

_MARKET = ("symbol", "category")
_ORDER = ("orderId", "orderLinkId", "category", "key")
NOTHING = Takes()
TAKES: Mapping[str, Takes] = {
    "advance": Takes(("ms",)),
    "skew": Takes((), ("ms",)),
    "refuse": Takes(("ms",)),
    "fund": Takes((), ("rate", *_MARKET)),
    "prices": Takes((), ("mark", "index", *_MARKET)),
    "move": Takes(("price",), _MARKET),
    "trade": Takes(("price", "qty"), ("side", *_MARKET)),
    "show": Takes(("price", "qty"), ("side", *_MARKET)),
    "fill": Takes((), ("qty", *_ORDER)),
    "fill_and_cancel": Takes((), ("qty", *_ORDER)),
    "fill_twice": Takes((), ("qty", *_ORDER)),
    "liquidate": Takes((), ("key", *_MARKET)),
    "cancel_by_hand": Takes((), _ORDER),
    "amend_by_hand": Takes((), ("price", "qty", *_ORDER)),
}
"""An action that is not listed takes nothing."""
