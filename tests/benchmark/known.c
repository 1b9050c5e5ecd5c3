/* See known.h. */

#include "known.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

struct known known_of(unsigned members, unsigned burst) {
    struct known known = {.capacity = 4};
    while (known.capacity < 2 * (uint64_t)members * burst)
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
    while (kept(known, *place) && at(known, *place)->said.member == own)
        ++*place;
    if (!kept(known, *place))
        return NULL;
    const struct known_line *due = at(known, *place);
    if (bytes < due->bytes || memcmp(from, due->line, due->bytes))
        return NULL;
    ++*place;
    return due;
}

uint64_t known_place(struct known *known, const struct said *said, const char *line, size_t bytes) {
    uint64_t *last = &known->after[said->member], after = *last;
    while (kept(known, after - 1) && at(known, after - 1)->said.number > said->number)
        after = at(known, after - 1)->before;
    if (kept(known, after - 1) && at(known, after - 1)->said.number == said->number)
        return after;
    if (after != *last || bytes > KNOWN_BYTES) /* kept again, an old line would push out those that are still to come */
        return known->count;
    struct known_line *one = at(known, known->count++);
    one->said = *said;
    one->before = after;
    one->bytes = bytes;
    memcpy(one->line, line, bytes);
    return *last = known->count;
}
