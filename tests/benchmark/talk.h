/* What is said in rooms, and what has been heard of it at each seat: one person's place in one room.

Knows seats, and whose turn it is to speak. Must not know connections (crowd.h), how people are seated (seating.h), how
lines are written (dialect.h), or what order means (log.h). Whatever goes wrong ends the process (fault() in text.h). */

#ifndef TALK_H
#define TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dialect.h"
#include "histogram.h"
#include "known.h"
#include "log.h"
#include "seating.h"
#include "text.h"

struct seat {
    unsigned client;       /* whose it is, */
    unsigned room, member; /* in which room, as which member */
    unsigned said;         /* messages */
    unsigned unheard;      /* members of the room who have not received the last one */
    unsigned receipts;
    unsigned id;           /* of the last message, where they have ids */
    uint64_t place;        /* in what is known of the room: what is due next */
    char text[TEXT_BYTES]; /* the last one, */
    uint64_t *stamps;      /* when each was said, */
    unsigned stamps_room;  /* and for how many there is room */
};

struct talk {
    const struct dialect *dialect;
    struct seating seating;
    unsigned limit;        /* messages that are said at each seat when answering */
    unsigned burst;        /* so many at once, at most MOST_AT_ONCE */
    bool answering;        /* whether a message that all have received is followed by the next ones: */
    struct seat *turn;     /* it is now to be followed at this seat, if any */
    unsigned people;       /* clients who have seats: from 0 on */
    struct seat *seats;    /* room by room; and, from the beginning, the first one of each client */
    unsigned *clients;     /* whose they are */
    struct log *logs;      /* of each room, */
    struct known *known;   /* and what was heard there last */
    uint64_t messages, deliveries, expected; /* said; received; to be received */
    uint64_t receipts;
    struct histogram delays;
};

enum { MOST_AT_ONCE = 100 };

/* Room for what all are going to say. */
void talk_prepare(struct talk *talk);

/* The next message of a seat, `due` then, is said: it is written to `line`, SAYING_BYTES. How many bytes it has. */
size_t talk_say(struct talk *talk, struct seat *seat, uint64_t due, char *line);

/* The next ones, now: a burst, or as many of it as are left to say, to `lines`, so often SAYING_BYTES. */
size_t talk_answer(struct talk *talk, struct seat *seat, char *lines);

/* The seat of a client in the first of its rooms, by which the others are found; NULL: it has none. */
struct seat *talk_first_seat(const struct talk *talk, unsigned client);

/* The seat of the same client in the room that a line names; NULL if it has none there. */
struct seat *talk_seat(const struct talk *talk, struct seat *first, unsigned room);

/* A line that came to a client is one that others have heard, if it begins here: how many bytes it has; else 0. */
size_t talk_hear_known(struct talk *talk, struct seat *first, const char *from, size_t bytes, uint64_t at);

/* A message that was not, byte for byte, the known one that was due. The newline behind the line belongs to it here. */
void talk_hear_new(struct talk *talk, struct seat *seat, const char *line, size_t bytes, const struct heard *heard,
                   uint64_t at);

/* The receipt of a message that was said at this seat. */
void talk_acknowledge(struct talk *talk, struct seat *seat, const struct heard *heard);

/* Whether something is still to be received. */
bool talk_expects(const struct talk *talk);

/* Nothing more is to come: check it all. */
void talk_check(struct talk *talk);

#endif
