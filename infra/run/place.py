"""Where a live run trades: Bybit or an exchange of ccxt, its testnet, its demo trading, or an address such as that of
`whence venue`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from adapters.extras import BYBIT as BYBIT_EXTRA
from adapters.extras import check_extras
from adapters.http.options import is_loopback
from domain.errors import InvalidInput
from infra.run.ccxt_live import check_known

if TYPE_CHECKING:
    from adapters.bybit import Site

BYBIT = "bybit"
_CCXT = "ccxt:"


@dataclass(frozen=True, slots=True)
class Place:
    """`exchange` is `bybit`, or `ccxt:` and a name of ccxt. `address` is empty for the exchange's own addresses."""

    exchange: str = BYBIT
    testnet: bool = False
    demo: bool = False
    address: str = ""

    def __post_init__(self) -> None:
        """Raises InvalidInput for an exchange without an adapter, and for two places at once; MissingParts where the
        libraries of the exchange are not installed.
        """
        if self.ccxt_name:
            check_known(self.ccxt_name)
        elif self.exchange != BYBIT:
            raise InvalidInput(
                f"--exchange {self.exchange[:40]!r} cannot be traded on live; choose {BYBIT}, or {_CCXT}NAME with a "
                f"name of ccxt, as {_CCXT}binanceusdm"
            )
        else:
            check_extras("trading on Bybit or its prices", BYBIT_EXTRA)
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
    def ccxt_name(self) -> str:
        """The exchange's name in ccxt; empty for Bybit without ccxt."""
        return self.exchange.removeprefix(_CCXT) if self.exchange.startswith(_CCXT) else ""

    @property
    def venue(self) -> str:
        """The exchange as the ids of its instruments have it: `BTCUSDT-LINEAR.<venue>`."""
        return (self.ccxt_name or self.exchange).upper()

    @property
    def has_real_money(self) -> bool:
        """Whether orders there may cost real money: only testnet, demo trading and this machine are known not to."""
        is_here = bool(self.address) and is_loopback(urlsplit(self.address).hostname or "")
        return not (self.testnet or self.demo or is_here)

    @property
    def site(self) -> Site:
        """The place as Bybit's adapter takes it."""
        from adapters.bybit import Site

        return Site(testnet=self.testnet, demo=self.demo, http=self.address, socket=self.socket)

    @property
    def socket(self) -> str:
        """The address of the sockets: the same host and port; empty without an address."""
        return self.address.replace("http", "ws", 1) if self.address else ""

    def __str__(self) -> str:
        if self.address:
            return self.address
        name = f"{self.ccxt_name} through ccxt" if self.ccxt_name else "Bybit"
        return f"{name}{' testnet' if self.testnet else ' demo trading' if self.demo else ''}"
