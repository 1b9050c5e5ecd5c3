/* Lines that somebody in a room has heard: they come to everybody else as the same bytes, and mean the same.

Comparing a line with what is due costs a fraction of reading its fields. Knows bytes, and which message they were found
to be. Must not know how lines are written, or sockets; nor whether a line should have come, which log.h finds. */

#ifndef KNOWN_H
#define KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KNOWN_BYTES = 400 }; /* longer lines are not kept */

/* A message that was said: by which member, their which one, when; and what else all have to agree on about it. */
struct said {
    unsigned member, number, mark;
    uint64_t stamp;
};

struct known_line {
    struct said said;
    uint64_t before; /* the place behind its sender's one before this; 0 if there is none */
    size_t bytes;
    char line[KNOWN_BYTES];
};

/* The last messages of a room, more or less in its order: in that in which somebody heard them first. */
struct known {
    struct known_line *lines;
    uint64_t count;    /* of all that there have been */
    uint64_t capacity; /* so many of them are kept: a power of two */
    uint64_t *after;   /* the place behind each member's last one; 0 if there is none */
};

/* None yet, of a room of so many members, each of whom says so many at once. */
struct known known_of(unsigned members, unsigned burst);

/* The message at this place, or behind those of one's `own`, if it begins here: the place moves on. Else NULL. */
const struct known_line *known_next(const struct known *known, uint64_t *place, unsigned own, const char *from,
                                    size_t bytes);

/* This was heard as such a line, which is kept if it is new. The place of what may be next. */
uint64_t known_place(struct known *known, const struct said *said, const char *line, size_t bytes);

#endif
