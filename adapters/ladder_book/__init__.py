"""The fast order book (extra `fast`): the bytes of a push are read into a ladder of ticks by compiled code."""
