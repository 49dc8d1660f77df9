"""The table `[signals]`: the sources that may raise signals at `POST /signals`, and the scanners of `whence scan`."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from adapters.signals.interval import EXPECTED, signal_interval
from adapters.signals.names import NAME, check_instruments, check_name
from adapters.signals.scanners import ScannerSettings
from commands.identity import OF_A_SOURCE
from domain.errors import InvalidInput

_MOST_SOURCES = 50
_SHORTEST = 16
"""The fewest characters of a secret: 16 random letters and digits have 95 bits."""
Network = IPv4Network | IPv6Network


class Access(StrEnum):
    """How a source identifies itself: TOKEN by a bearer token with the role `source` and the source's name, SIGNATURE
    by an HMAC in headers, BODY by the field `secret` of the body.
    """

    TOKEN = "TOKEN"  # noqa: S105  # the name of a kind
    SIGNATURE = "SIGNATURE"
    BODY = "BODY"


class KeyRule(StrEnum):
    """Where the idempotency key comes from: REQUEST from a header or the body, CANDLE from source, instrument and
    candle.
    """

    REQUEST = "REQUEST"
    CANDLE = "CANDLE"


class SourceDefaults(BaseModel):
    """What completes a signal that leaves a field out; None where such a signal is refused.

    `stop` and `target` are distances from the signal's price, as fractions of it: 0.02 is 2 %.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    stop: Decimal | None = Field(default=None, gt=0, lt=1)
    target: Decimal | None = Field(default=None, gt=0, lt=1)
    confidence: float | None = Field(default=None, ge=0, le=1)
    trend: float | None = Field(default=None, ge=-1, le=1)
    interval: str | None = None

    @field_validator("interval")
    @classmethod
    def _spelled(cls, interval: str | None) -> str | None:
        if interval is not None and signal_interval(interval) is None:
            raise PydanticCustomError("interval", "Input should be {expected}", {"expected": EXPECTED})
        return interval


class SourceSettings(BaseModel):
    """One source. `name` is the scanner's name in its signals; its requests are recorded under `actor`.

    `secret` is for SIGNATURE and BODY; without it the secret is read from the environment or the place of secrets.
    Empty `instruments` mean every instrument, empty `addresses` every peer. `symbols` maps the source's own names to
    instruments. `rate` counts the source's requests.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field(pattern=NAME)
    access: Access = Access.TOKEN
    secret: SecretStr | None = None
    instruments: tuple[str, ...] = ()
    symbols: dict[str, str] = {}
    rate: str = "60/minute"
    addresses: tuple[Network, ...] = ()
    key: KeyRule = KeyRule.REQUEST
    defaults: SourceDefaults = SourceDefaults()

    @property
    def actor(self) -> str:
        """The actor of the source's requests. No token can have this name, because of its colon."""
        return f"{OF_A_SOURCE}{self.name}"

    @field_validator("name")
    @classmethod
    def _own_name(cls, name: str) -> str:
        return check_name(name)

    @field_validator("access", "key", mode="before")
    @classmethod
    def _any_case(cls, word: object) -> object:
        return word.upper() if isinstance(word, str) else word

    @field_validator("instruments")
    @classmethod
    def _instruments(cls, instruments: tuple[str, ...]) -> tuple[str, ...]:
        return check_instruments(instruments)

    @field_validator("symbols")
    @classmethod
    def _symbols(cls, symbols: dict[str, str]) -> dict[str, str]:
        check_instruments(tuple(symbols.values()))
        return symbols

    @field_validator("rate")
    @classmethod
    def _rate(cls, rate: str) -> str:
        from adapters.http.options import rate_of

        try:
            rate_of(rate)
        except InvalidInput:
            raise PydanticCustomError("rate", "Input should be a rate like 60/minute") from None
        return rate

    @model_validator(mode="after")
    def _secret_where_needed(self) -> SourceSettings:
        if self.secret is None:
            return self
        if self.access is Access.TOKEN:
            raise PydanticCustomError(
                "secret", "access TOKEN has no secret here: `whence tokens create {name} --role source` makes one",
                {"name": self.name},
            )  # fmt: skip
        check_secret(self.secret)
        return self


class SignalSettings(BaseModel):
    """The table `[signals]`. A signature is accepted while its time is at most `replay_seconds` from the clock's.

    `proxies` are the addresses of this installation's own proxies: of a request that one of them forwards, the address
    is that of `X-Forwarded-For`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    replay_seconds: int = Field(default=60, ge=1, le=3_600)
    proxies: tuple[Network, ...] = ()
    sources: tuple[SourceSettings, ...] = Field(default=(), max_length=_MOST_SOURCES)
    scanners: tuple[ScannerSettings, ...] = Field(default=(), max_length=_MOST_SOURCES)

    @model_validator(mode="after")
    def _named_once(self) -> SignalSettings:
        names = [*(one.name for one in self.sources), *(one.name for one in self.scanners)]
        for name, count in Counter(names).items():
            if count > 1:
                raise PydanticCustomError("name", "the source {name} is there twice", {"name": name})
        return self


def check_secret(secret: SecretStr) -> None:
    """Raises PydanticCustomError where the secret is too short, or not base64 after `whsec_`."""
    from adapters.alerts.webhook import key_of

    try:
        key_of(secret.get_secret_value())
    except ValueError as fault:
        raise PydanticCustomError("secret", "{why}", {"why": str(fault)}) from None
    if len(secret.get_secret_value()) < _SHORTEST:
        raise PydanticCustomError("secret", "a secret has at least {n} characters", {"n": _SHORTEST})
