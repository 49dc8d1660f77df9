"""A refusal of the Bot API: the status and body that its documentation and its clients know."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "ok": False,
            "error_code": self.status,
            "description": self.description,
        }
        return found | ({"parameters": self.parameters} if self.parameters else {})


def bad(why: str) -> Refused:
    return Refused(400, f"Bad Request: {why}")


def too_many(seconds: int) -> Refused:
    return Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


BLOCKED = Refused(403, "Forbidden: bot was blocked by the user")
CONFLICT = Refused(
    409,
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
)
WEBHOOK = Refused(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook")
GATEWAY = Refused(502, "Bad Gateway")
UNAUTHORIZED = Refused(401, "Unauthorized")


def migrated(chat: int) -> Refused:
    return Refused(
        400,
        "Bad Request: group chat was upgraded to a supergroup chat",
        migrate_to_chat_id=chat,
    )
