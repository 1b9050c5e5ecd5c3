/* See seating.h. */

#include "seating.h"

static unsigned rows(const struct seating *seating) { return seating->rooms / seating->each; }

unsigned seating_people(const struct seating *seating) { return rows(seating) * seating->members; }

unsigned seating_client(const struct seating *seating, unsigned room, unsigned member) {
    unsigned row = (room + member * (room / rows(seating))) % rows(seating);
    return row * seating->members + member;
}

unsigned seating_room(const struct seating *seating, unsigned client, unsigned which) {
    unsigned row = client / seating->members, further = client % seating->members * which % rows(seating);
    return which * rows(seating) + (row + rows(seating) - further) % rows(seating);
}
