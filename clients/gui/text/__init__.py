"""Text as a screen needs it that draws characters one by one from left to right: joined, ordered, wrapped.

Knows Unicode. Must not know Tk, or the chat.
"""
