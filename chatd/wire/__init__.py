"""Formats: bytes to requests, events to bytes. Knows no rooms, sessions, transports, and no Twisted."""
