/* See known.h. */

#include "known.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

struct known known_of(unsigned first, unsigned members) {
    struct known known = {.first = first, .capacity = 4};
    while (known.capacity < 2 * (uint64_t)members)
        known.capacity *= 2;
    known.lines = enlarged(NULL, known.capacity * sizeof *known.lines);
    known.after = calloc(members, sizeof *known.after);
    if (!known.after)
        fault("There is not enough memory for the load.");
    return known;
}

static struct known_line *at(const struct known *known, uint64_t place) {
    return &known->lines[place & (known->capacity - 1)];
}

static bool kept(const struct known *known, uint64_t place) {
    return place < known->count && known->count - place <= known->capacity;
}

const struct known_line *known_next(const struct known *known, uint64_t *place, unsigned own, const char *from,
                                    size_t bytes) {
    while (kept(known, *place) && at(known, *place)->said.sender == own)
        ++*place;
    if (!kept(known, *place))
        return NULL;
    const struct known_line *due = at(known, *place);
    if (bytes < due->bytes || memcmp(from, due->line, due->bytes))
        return NULL;
    ++*place;
    return due;
}

/* Whether this is the last message of its sender that is known; `after` is the place behind it. */
static bool is_last(const struct known *known, const struct said *said, uint64_t after) {
    return after && kept(known, after - 1) && at(known, after - 1)->said.number == said->number;
}

uint64_t known_place(struct known *known, const struct said *said, const char *line, size_t bytes) {
    uint64_t *after = &known->after[said->sender - known->first];
    if (is_last(known, said, *after) || bytes + 1 > KNOWN_BYTES)
        return *after;
    struct known_line *one = at(known, known->count++);
    one->said = *said;
    one->bytes = bytes + 1;
    memcpy(one->line, line, bytes);
    one->line[bytes] = '\n';
    return *after = known->count;
}
