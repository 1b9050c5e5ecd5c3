/* How servers are spoken to: one table of functions for each language.

Knows lines, and how a text stands in one. Must not know sockets, and not what was said by whom or when. */

#ifndef DIALECT_H
#define DIALECT_H

#include <stdbool.h>
#include <stddef.h>

enum kind {
    NEWS,    /* of no interest, wherever it stands */
    WELCOME, /* the name is accepted */
    ENTERED, /* one is in a room */
    MESSAGE,
    RECEIPT, /* of a message of one's own */
    CALL,    /* wants `reply` as an answer */
    STRANGE, /* anything else */
};

/* A line, understood. */
struct heard {
    const char *text;  /* MESSAGE: its text, TEXT_BYTES of it in the line; the name before it is that of its sender */
    unsigned room;     /* MESSAGE, RECEIPT: where that was said, or UNNAMED */
    unsigned mark;     /* MESSAGE, RECEIPT: what else all have to agree on, of 16 bits: a time of day, an id */
    unsigned number;   /* RECEIPT: which message */
    char reply[600];   /* CALL */
    size_t reply_bytes;
};

struct dialect {
    const char *name;
    bool rooms;    /* whether one is let into a room by asking; else everybody is in the only one */
    bool several;  /* whether all lines about messages name their room, so that one can be in several */
    bool receipts; /* whether every message of one's own is answered by a RECEIPT, which counts in the marks */
    size_t (*introduce)(char *to, unsigned client);
    size_t (*enter)(char *to, unsigned room);
    size_t (*say)(char *to, unsigned room, unsigned number, const char *text);
    enum kind (*understand)(const char *line, size_t bytes, struct heard *heard);
};

enum {
    SAYING_BYTES = 256, /* room that these functions need; they return how many bytes they have written */
    UNNAMED = ~0u,
};

/* By name: line, plain, irc, json; as it is spoken by people who are in one room, or in several. NULL if there is none. */
const struct dialect *dialect_named(const char *name, bool several);

#endif
