/* Pieces of lines, from which what is expected is taken off.

Knows how names of people and rooms, and numbers, are written. Must not know what a line means. Here and not in a file of
their own, as every line passes through these functions. */

#ifndef PIECE_H
#define PIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "text.h"

/* A line, or what is left of it. */
struct piece {
    const char *at, *end;
};

static inline bool begins(struct piece piece, const char *with) {
    size_t bytes = strlen(with);
    return (size_t)(piece.end - piece.at) >= bytes && !memcmp(piece.at, with, bytes);
}

/* Whether it begins so; if it does, that is taken off. */
static inline bool skip(struct piece *piece, const char *what) {
    if (!begins(*piece, what))
        return false;
    piece->at += strlen(what);
    return true;
}

/* The name of the text's sender, which is written with the same digits; if it is next, it is taken off. */
static inline bool skip_sender(struct piece *piece, const char *text) {
    if (piece->end - piece->at < NAME_BYTES || *piece->at != 'b' || memcmp(piece->at + 1, text + 1, DIGITS))
        return false;
    piece->at += NAME_BYTES;
    return true;
}

/* A number that fits into an unsigned one; if it is next, it is taken off. By hand, as there is one in every line. */
static inline bool skip_number(struct piece *piece, unsigned *number) {
    enum { MOST_DIGITS = 9 };
    const char *digits = piece->at;
    for (*number = 0; piece->at < piece->end && *piece->at >= '0' && *piece->at <= '9'; piece->at++)
        *number = *number * 10 + (unsigned)(*piece->at - '0');
    return piece->at > digits && piece->at - digits <= MOST_DIGITS;
}

/* A room's name; if it is next, it is taken off. */
static inline bool skip_room(struct piece *piece, unsigned *room) { return skip(piece, "#bench") && skip_number(piece, room); }

#endif
