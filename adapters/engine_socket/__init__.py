"""The connection between a trading engine and the process that serves its API: one pair of connected Unix sockets."""

from adapters.engine_socket.configuration import Configuration
from adapters.engine_socket.door import SocketDoor
from adapters.engine_socket.engine_end import EngineEnd
from adapters.engine_socket.quotes import Quotes

__all__ = ["Configuration", "EngineEnd", "Quotes", "SocketDoor"]
