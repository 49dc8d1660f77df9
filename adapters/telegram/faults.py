"""What the Bot API may refuse, by what the sender has to do. No text holds the bot's token."""

from __future__ import annotations


class BotFault(Exception):
    """A call was not carried out, or nobody knows whether it was."""


class MustWait(BotFault):
    """Too many messages: the chat accepts none for `seconds` (429, `retry_after`)."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Telegram accepts no message to this chat for {seconds:g} s")
        self.seconds = seconds


class OutcomeLost(BotFault):
    """No answer arrived, or a gateway's: the call may have been carried out."""


class MessageGone(BotFault):
    """The message cannot be edited: it does not exist any more, or is too old."""


class ChatClosed(BotFault):
    """The chat accepts no messages of the bot: it was blocked, removed, or never met."""


class ChatMoved(BotFault):
    """A group became a supergroup: its id is `chat` from now on."""

    def __init__(self, chat: int) -> None:
        super().__init__(f"the group has the id {chat} now")
        self.chat = chat


class OtherPoller(BotFault):
    """Another process asks for the updates of this bot, or a webhook is set (409)."""


class WrongToken(BotFault):
    """Telegram does not know the bot's token."""


class CallRefused(BotFault):
    """The Bot API refuses this call, and would refuse it again."""
