/* See wire.h. */

#define _GNU_SOURCE
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

static const int YES = 1;

const char *wire_dial(struct wire *wire, unsigned port, unsigned address) {
    struct sockaddr_in from = {AF_INET, 0, {htonl(INADDR_LOOPBACK + address)}, {0}};
    struct sockaddr_in to = {AF_INET, htons((uint16_t)port), {htonl(INADDR_LOOPBACK)}, {0}};
    struct linger reset = {1, 0}; /* closing leaves no port waiting: the next server gets as many clients */
    wire->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (wire->socket < 0)
        return strerror(errno);
    setsockopt(wire->socket, IPPROTO_TCP, TCP_NODELAY, &YES, sizeof YES);
    setsockopt(wire->socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &YES, sizeof YES);
    setsockopt(wire->socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    if (bind(wire->socket, (struct sockaddr *)&from, sizeof from))
        return strerror(errno);
    return connect(wire->socket, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS ? strerror(errno) : NULL;
}

const char *wire_connected(const struct wire *wire) {
    int error = 0;
    getsockopt(wire->socket, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof error});
    return error ? strerror(error) : NULL;
}

/* Without this a server that waits for the answer to one packet before it sends the next would look slow. */
static void acknowledge(const struct wire *wire) {
    setsockopt(wire->socket, IPPROTO_TCP, TCP_QUICKACK, &YES, sizeof YES);
}

#ifdef TLS

#include <openssl/err.h>
#include <openssl/ssl.h>

/* For the time of the handshake the socket may wait. */
static void let_wait(const struct wire *wire, unsigned milliseconds) {
    struct timeval time = {milliseconds / 1000, milliseconds % 1000 * 1000};
    int flags = fcntl(wire->socket, F_GETFL);
    fcntl(wire->socket, F_SETFL, milliseconds ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
    setsockopt(wire->socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

const char *wire_secure(struct wire *wire, unsigned milliseconds) {
    static SSL_CTX *context;
    if (!context && !(context = SSL_CTX_new(TLS_client_method())))
        return "OpenSSL does not work";
    SSL *tls = wire->tls = SSL_new(context);
    if (!tls || !SSL_set_fd(tls, wire->socket))
        return "there is not enough memory for TLS";
    SSL_set_read_ahead(tls, 1);
    let_wait(wire, milliseconds);
    bool done = SSL_connect(tls) == 1;
    let_wait(wire, 0);
    return done ? NULL : "the handshake of TLS did not work";
}

/* What OpenSSL says, in the words of recv(2) and send(2). */
static ssize_t as_told(SSL *tls, int done) {
    if (done > 0)
        return done;
    int why = SSL_get_error(tls, done);
    if (why == SSL_ERROR_ZERO_RETURN)
        return 0;
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
        errno = EAGAIN;
    else if (why != SSL_ERROR_SYSCALL || !errno)
        errno = EPROTO;
    return -1;
}

static ssize_t tls_send(SSL *tls, const char *bytes, size_t count) {
    ERR_clear_error();
    return as_told(tls, SSL_write(tls, bytes, (int)count));
}

static ssize_t tls_receive(SSL *tls, char *bytes, size_t count) {
    ERR_clear_error();
    return as_told(tls, SSL_read(tls, bytes, (int)count));
}

bool wire_pending(const struct wire *wire) { return wire->tls && SSL_has_pending(wire->tls); }

#else

const char *wire_secure(struct wire *wire, unsigned milliseconds) {
    (void)wire, (void)milliseconds;
    return "the load was built without OpenSSL";
}

static ssize_t tls_send(void *tls, const char *bytes, size_t count) {
    (void)tls, (void)bytes, (void)count;
    return -1;
}

static ssize_t tls_receive(void *tls, char *bytes, size_t count) {
    (void)tls, (void)bytes, (void)count;
    return -1;
}

bool wire_pending(const struct wire *wire) {
    (void)wire;
    return false;
}

#endif

ssize_t wire_send(struct wire *wire, const char *bytes, size_t count) {
    return wire->tls ? tls_send(wire->tls, bytes, count) : send(wire->socket, bytes, count, MSG_NOSIGNAL);
}

ssize_t wire_receive(struct wire *wire, char *bytes, size_t count) {
    ssize_t received = wire->tls ? tls_receive(wire->tls, bytes, count) : recv(wire->socket, bytes, count, 0);
    if (received > 0)
        acknowledge(wire);
    return received;
}
