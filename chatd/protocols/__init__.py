"""The Twisted edges: listening, recognising, framing, sending. Knows no rules of the chat, and no SQL."""
