"""The tables `[[routes]]`: the other engines that trade instruments of `trading.venues.elsewhere`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from adapters.http.options import is_loopback
from adapters.signals.names import NAME, check_instruments


class RouteSettings(BaseModel):
    """One other engine. It trades `instruments`, and its API is at `engine`, as http://HOST:PORT.

    `source` is the name of this engine in the other one's `[[signals.sources]]`, and owns what is entered for it there.
    `token_file` is a file with the source's token. `reader_file` is one with a token of the role viewer, for the state
    of the other engine; without it its API has to be on this machine. `plain_http` permits http:// to an API on another
    machine, over a network that nobody else can read or change. `market` is the address of the exchange's market data,
    for a server of one's own; empty for the exchange itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    instruments: tuple[str, ...] = Field(min_length=1)
    engine: str
    source: str = Field(pattern=NAME)
    token_file: Path
    reader_file: Path | None = None
    plain_http: bool = False
    market: str = ""

    @field_validator("instruments")
    @classmethod
    def _instruments(cls, instruments: tuple[str, ...]) -> tuple[str, ...]:
        return check_instruments(instruments)

    @field_validator("engine", "market")
    @classmethod
    def _address(cls, address: str, info: ValidationInfo) -> str:
        is_left_out = not address and info.field_name == "market"
        if not is_left_out and not _is_address(address):
            raise PydanticCustomError(
                "address", "Input should be an address like http://127.0.0.1:8000, without a path"
            )
        return address

    @model_validator(mode="after")
    def _hidden_tokens(self) -> RouteSettings:
        parts = urlsplit(self.engine)
        if parts.scheme == "https" or self.plain_http or is_loopback(parts.hostname or ""):
            return self
        raise PydanticCustomError(
            "engine",
            "engine: on another machine its address should begin with https://, because the token is sent there; "
            "plain_http = true permits http:// over a network of your own",
        )


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    is_plain = not (parts.username or parts.password or parts.query or parts.fragment or parts.path)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and is_plain
