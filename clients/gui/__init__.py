"""The window: a chat in Tk, on the client core.

Knows windows, fonts and how Persian is drawn. Must not know bytes, sockets, or how the server decides.
"""
