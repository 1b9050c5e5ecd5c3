/* The clients: connections, all in one thread and one epoll, and what each has said and heard.

Knows who is connected and whose turn it is to speak. Must not know how bytes travel (wire.h), how lines are written
(dialect.h), what order means (log.h), or what is made of the figures. Whatever goes wrong ends the process (fault() in
text.h). */

#ifndef CROWD_H
#define CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dialect.h"
#include "histogram.h"
#include "known.h"
#include "log.h"
#include "text.h"
#include "wire.h"

enum stage { CONNECTING, INTRODUCED, ENTERING, READY };

struct client {
    struct wire wire;
    unsigned number;
    unsigned room;        /* NO_ROOM: idle */
    enum stage stage;
    unsigned said;        /* messages */
    unsigned unheard;     /* members of the room who have not received the last one */
    unsigned receipts;
    unsigned id;          /* of the last message, where they have ids */
    uint64_t place;       /* in what is known of the room: what is due next */
    char text[TEXT_BYTES]; /* the last one, */
    uint64_t *stamps;      /* when each was said, */
    unsigned stamps_room;  /* and for how many there is room */
    char *rest;            /* the beginning of a line whose end is still to come */
    size_t rest_bytes, rest_room;
};

struct crowd {
    const struct dialect *dialect;
    bool tls;
    unsigned port, members, rooms; /* members of each room; the clients behind them are idle */
    uint64_t patience;             /* nanoseconds without any news after which what is missing is lost */
    uint64_t quiet;                /* nanoseconds in which nothing may come after the last message */
    unsigned limit;                /* messages that each says when answering */
    bool answering;                /* whether a message that all have received is followed by the next ones: */
    unsigned burst;                /* so many at once, at most MOST_AT_ONCE */
    int poll;
    struct client *clients;
    unsigned count, ready;
    struct log *logs;              /* of each room, */
    struct known *known;           /* and what was heard there last */
    uint64_t messages, deliveries, expected; /* said; received; to be received */
    uint64_t receipts;
    uint64_t empty;                /* nanoseconds in waiting that brought nothing */
    uint64_t last_news;            /* when something was last received */
    struct histogram delays;
};

enum { NO_ROOM = ~0u, MOST_AT_ONCE = 100 };

/* Room for so many clients, of whom the first `rooms` x `members` talk and listen. */
void crowd_prepare(struct crowd *crowd, unsigned clients);

/* Connect so many more clients, `at_once` at a time, until the last one is welcome and in its room. */
void crowd_come(struct crowd *crowd, unsigned clients, unsigned at_once);

/* A client says its next message; `due` is when that was to be. */
void crowd_say(struct crowd *crowd, struct client *client, uint64_t due);

/* It says its next ones, now: a burst, or as many of it as it has left to say. */
void crowd_answer(struct crowd *crowd, struct client *client);

/* Take in what has come; wait for it at most so many milliseconds. */
void crowd_turn(struct crowd *crowd, int milliseconds);

/* Whether something is still to be received, and may come yet. */
bool crowd_expects(const struct crowd *crowd);

/* Wait until everything that was said has been received, then a little longer, and check it all. */
void crowd_settle(struct crowd *crowd);

#endif
