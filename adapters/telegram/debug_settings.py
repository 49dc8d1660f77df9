"""The table `[telegram.debug]`: the sandbox in which administrators force signals."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class DebugSettings(BaseModel):
    """Where it is `on`, administrators have the commands `/debug_*`.

    The sandbox trades `symbols` on the public prices of `exchange`, in a simulated account. `address` is where those
    prices are, empty for the exchange itself. `port` is that of its own API on this machine, `folder` has its logs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    on: bool = False
    exchange: str = Field(default="bybit", min_length=1)
    address: str = ""
    symbols: tuple[str, ...] = Field(default=("BTCUSDT",), min_length=1)
    port: int = Field(default=8690, ge=1, le=65_535)
    folder: Path = Path("whence-sandbox")
