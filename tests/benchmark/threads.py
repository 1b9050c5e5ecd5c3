"""A chat server as in course projects: a thread for each client, one lock, ``sendall`` to each of the others.

Knows as much of the line language as the benchmark speaks. Must not know chatd: it is there to be compared.
Run as ``python -m tests.benchmark.threads PORT``.
"""

import socket
import sys
import threading
import time

Members = dict[socket.socket, bytes]
"""Everybody in the room, with their names."""


def tell(members: Members, speaker: socket.socket, line: bytes) -> None:
    """To everyone else, one after the other."""
    for other in members:
        if other is not speaker:
            other.sendall(line)


def serve(connection: socket.socket, members: Members, lock: threading.Lock) -> None:
    """One client: its first line is its name, all others go to everyone else in the room."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines = connection.makefile("rb")
    name = lines.readline().rstrip(b"\n")
    with lock:
        connection.sendall(b"* Hello %b. You are in #lobby.\n" % name)
        members[connection] = name
    for line in lines:
        stamp = time.strftime("%H:%M").encode()
        with lock:
            tell(members, connection, b"[%b] %b: %b" % (stamp, name, line))
    with lock:
        del members[connection]


def main(port: int) -> None:
    """One room on this port of 127.0.0.1, until the process is ended."""
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    members: Members = {}
    lock = threading.Lock()
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, members, lock), daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]))
