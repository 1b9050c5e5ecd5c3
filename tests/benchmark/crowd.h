/* The clients: connections, all in one thread and one epoll, that carry what is said.

Knows who is connected, and in which rooms. Must not know how bytes travel (wire.h), how lines are written (dialect.h),
what has been said and heard (talk.h), or what is made of the figures. Whatever goes wrong ends the process (fault() in
text.h). */

#ifndef CROWD_H
#define CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "talk.h"
#include "wire.h"

enum stage { CONNECTING, INTRODUCED, ENTERING, READY };

struct client {
    struct wire wire;
    unsigned number;
    struct seat *seat; /* in the first of its rooms; NULL: idle */
    enum stage stage;
    unsigned entered; /* rooms */
    char *rest;       /* the beginning of a line whose end is still to come */
    size_t rest_bytes, rest_room;
};

struct crowd {
    struct talk talk;
    bool tls;
    unsigned port;
    uint64_t patience;  /* nanoseconds without any news after which what is missing is lost */
    uint64_t quiet;     /* nanoseconds in which nothing may come after the last message */
    int poll;
    struct client *clients;
    unsigned count, ready;
    uint64_t empty;     /* nanoseconds in waiting that brought nothing */
    uint64_t last_news; /* when something was last received */
};

/* Room for so many clients, of whom the first ones have seats in the rooms; the others are idle. */
void crowd_prepare(struct crowd *crowd, unsigned clients);

/* Connect so many more clients, `at_once` at a time, until the last one is welcome and in its rooms. */
void crowd_come(struct crowd *crowd, unsigned clients, unsigned at_once);

/* At a seat the next message is said; `due` is when that was to be. */
void crowd_say(struct crowd *crowd, struct seat *seat, uint64_t due);

/* The next ones are said there, now: a burst, or as many of it as are left to say. */
void crowd_answer(struct crowd *crowd, struct seat *seat);

/* Take in what has come; wait for it at most so many milliseconds. */
void crowd_turn(struct crowd *crowd, int milliseconds);

/* Whether something is still to be received, and may come yet. */
bool crowd_expects(const struct crowd *crowd);

/* Wait until everything that was said has been received, then a little longer, and check it all. */
void crowd_settle(struct crowd *crowd);

#endif
