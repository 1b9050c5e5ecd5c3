/* What is said: names, and texts that nobody can mistake for one another.

Knows how a name and a text are written. Must not know sockets, dialects, or who hears what. */

#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NAME_BYTES = 6,   /* b00042 */
    TEXT_BYTES = 100, /* |00042 00000007 00000a5d3c21f09b 00123| and filling */
    DIGITS = 5,       /* of the number of a client, or of a room */
    MOST_CLIENTS = 60000,
    MOST_ROOMS = 99999,
    MOST_SEATS = 10000000, /* of everybody in all their rooms */
};

/* Nanoseconds of the monotonic clock. */
uint64_t now(void);

/* A client's name, NAME_BYTES, without a zero at its end. */
void name_write(char *to, unsigned client);

/* A text of a client in a room, TEXT_BYTES, without a zero at its end; but for what text_write adds. */
void text_begin(char *to, unsigned client, unsigned room);

/* What was begun is message `number` of its client there, said at `stamp` (nanoseconds). */
void text_write(char *to, unsigned number, uint64_t stamp);

/* Whose a text is, and which of theirs in its room; false if that is not to be read there. */
bool text_sender(const char *text, unsigned *client);
bool text_number(const char *text, unsigned *number);

/* A number of so many decimal digits; false if there is anything else. */
bool digits_read(const char *from, unsigned digits, unsigned *number);

/* Write {"fault": "..."} to standard output, and end the process with status 1. */
_Noreturn void fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same about a line that should not have come: "b00042 WHAT: 'LINE'." */
_Noreturn void fault_line(unsigned client, const char *what, const char *line, size_t bytes);

/* As realloc(3), but never without an answer. */
void *enlarged(void *old, size_t bytes);

#endif
