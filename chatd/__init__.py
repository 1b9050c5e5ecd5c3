"""chatd: one room, one port, any client. A chat server that keeps every word before anybody sees it."""

__version__ = "0.1.0"
