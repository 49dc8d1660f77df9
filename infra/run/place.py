"""Where a live run trades: Bybit, its testnet, its demo trading, or an address such as that of `whence venue`."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from adapters.bybit import Site
from adapters.http.options import is_loopback
from domain.errors import InvalidInput

EXCHANGES = ("bybit",)


@dataclass(frozen=True, slots=True)
class Place:
    """`address` is empty for Bybit's own addresses."""

    exchange: str = "bybit"
    testnet: bool = False
    demo: bool = False
    address: str = ""

    def __post_init__(self) -> None:
        """Raises InvalidInput for an exchange without an adapter, and for two places at once."""
        if self.exchange not in EXCHANGES:
            raise InvalidInput(
                f"--exchange {self.exchange[:40]!r} cannot be traded on live; choose {', '.join(EXCHANGES)}"
            )
        named = [
            name
            for name, given in (
                ("--testnet", self.testnet),
                ("--demo", self.demo),
                ("--address", bool(self.address)),
            )
            if given
        ]
        if len(named) > 1:
            raise InvalidInput(f"{' and '.join(named)} name two places: choose one")

    @property
    def has_real_money(self) -> bool:
        """Whether orders there may cost real money: only testnet, demo trading and this machine are known not to."""
        is_here = bool(self.address) and is_loopback(urlsplit(self.address).hostname or "")
        return not (self.testnet or self.demo or is_here)

    @property
    def site(self) -> Site:
        """The place as Bybit's adapter takes it; the sockets of an address are at the same host and port."""
        socket = self.address.replace("http", "ws", 1) if self.address else ""
        return Site(testnet=self.testnet, demo=self.demo, http=self.address, socket=socket)

    def __str__(self) -> str:
        if self.address:
            return self.address
        return f"Bybit{' testnet' if self.testnet else ' demo trading' if self.demo else ''}"
