"""Where logs are kept. Knows nothing of sessions, formats and sockets."""
