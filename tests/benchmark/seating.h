/* Who is in which room, also where people are in several each.

Knows numbers. Must not know connections, or what is said.

People stand in rows, who are member 0, 1, 2 ... of all their rooms. There are rooms / each rows, and the first so many
rooms have a row each: where everybody is in one room, that is all. The next so many are made of the same rows, but member m
comes from m rows further on, in those after them from 2 * m rows further on, and so forth. So neighbouring rooms do not
have the same people, and people who meet in one room seldom meet in another. */

#ifndef SEATING_H
#define SEATING_H

/* `rooms` is a multiple of `each`, the rooms that each person is in. */
struct seating {
    unsigned rooms, members, each;
};

/* How many people there are; they are counted from 0. */
unsigned seating_people(const struct seating *seating);

/* Who is this member of a room. */
unsigned seating_client(const struct seating *seating, unsigned room, unsigned member);

/* The rooms of a client: `which` is from 0 to `each` - 1. The first one is that of its row. */
unsigned seating_room(const struct seating *seating, unsigned client, unsigned which);

#endif
