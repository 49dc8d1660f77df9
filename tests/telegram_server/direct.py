"""Calls the server without a socket, so that a test's clock may be moved; see `virtual_clock.py`."""

from __future__ import annotations

import json
from typing import Any, cast

from telegram.error import TimedOut
from telegram.request import BaseRequest, RequestData

from tests.telegram_server.methods import Uploaded
from tests.telegram_server.server import BotServer, ReplyLost


class DirectRequest(BaseRequest):
    """What python-telegram-bot sends, as it would send it by HTTP."""

    def __init__(self, server: BotServer) -> None:
        self._server = server

    @property
    def read_timeout(self) -> float | None:
        return 5.0

    async def initialize(self) -> None:
        """Opens nothing."""

    async def shutdown(self) -> None:
        """Closes nothing."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *timeouts: Any, **more: Any
    ) -> tuple[int, bytes]:
        _, token, name = url.rsplit("/", 2)
        params = {} if request_data is None else request_data.json_parameters
        files = (
            {
                field: Uploaded(given[0], cast(bytes, given[1]))
                for field, given in request_data.multipart_data.items()
            }
            if request_data and request_data.contains_files
            else {}
        )
        try:
            status, body = await self._server.call(token.removeprefix("bot"), name, params, files)
        except ReplyLost:
            raise TimedOut from None
        return status, json.dumps(body).encode()
