"""The console client: a chat in a terminal that scrolls. Knows prompt_toolkit; must not know sockets or the server's inside."""
