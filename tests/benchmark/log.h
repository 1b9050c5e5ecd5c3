/* The check: each member of a room hears every message of the others exactly once, and all in one order.

Knows who heard which message in which order. Must not know lines, sockets or clocks.

A room's log is learnt from three of its members, who each heard all of it but their own messages; it has to hold the
messages 0, 1, 2 ... of each sender without gap or repeat. Then everybody's stream, those three included, is compared
with it. Nothing is kept longer than until all have heard it. Whatever is wrong ends the process (fault() in text.h). */

#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FEWEST_MEMBERS = 3 }; /* with fewer, nobody hears two others, and there is no order to agree on */

/* A message: which member said it, their which one it was, and what else all have to agree on about it. */
typedef uint64_t message;
message message_of(unsigned member, unsigned number, unsigned mark);

/* Messages, first in first out. */
struct queue {
    message *items;
    size_t first, count, capacity;
};

struct member {
    struct queue heard; /* and not yet compared */
    uint64_t place;     /* in the room's log: all before it has been compared */
    unsigned numbers;   /* of this member's own messages that are in the log */
};

struct log {
    const unsigned *clients; /* the numbers of its members, by which faults name them */
    unsigned members;
    struct member *member;
    struct queue room;       /* the log, */
    uint64_t begin;          /* from this place on */
    size_t unlooked;         /* messages heard since it was last compared */
};

/* An empty log of a room of these clients, whose numbers have to stay there. */
struct log log_of(const unsigned *clients, unsigned members);

/* A member, by its place among them, heard a message. */
void log_heard(struct log *log, unsigned member, message heard);

/* Compare all that has been heard so far. `said`: nothing more is to come, and so much has each member said. */
void log_compare(struct log *log, const unsigned *said);

#endif
