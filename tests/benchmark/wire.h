/* A connection: bytes in and out, as they are or through TLS.

Knows sockets, and OpenSSL if it was built with -DTLS. Must not know lines, nor what they are for. */

#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct wire {
    int socket;
    void *tls; /* an SSL; NULL: there is none */
};

/* Begin to connect to a port of 127.0.0.1, from that address or so many behind it; why it cannot be, or NULL. */
const char *wire_dial(struct wire *wire, unsigned port, unsigned address);

/* Whether connecting has worked: why not, or NULL. */
const char *wire_connected(const struct wire *wire);

/* Shake hands, which may wait so many milliseconds. The certificate is not looked at. Why it did not work, or NULL. */
const char *wire_secure(struct wire *wire, unsigned milliseconds);

/* As send(2) and recv(2) on a socket that never waits. What came is acknowledged at once. */
ssize_t wire_send(struct wire *wire, const char *bytes, size_t count);
ssize_t wire_receive(struct wire *wire, char *bytes, size_t count);

/* Whether more has been taken from the socket than was received: it does not become readable for that again. */
bool wire_pending(const struct wire *wire);

#endif
