/* See talk.h. */

#include "talk.h"

#include <stdlib.h>
#include <string.h>

static struct seat *seat_at(const struct talk *talk, unsigned room, unsigned member) {
    return &talk->seats[room * talk->seating.members + member];
}

/* ---- saying ---- */

/* 8 bytes for each message said. */
static void remember(struct seat *seat, uint64_t stamp) {
    if (seat->said == seat->stamps_room) {
        seat->stamps_room = seat->stamps_room ? 2 * seat->stamps_room : 16;
        seat->stamps = enlarged(seat->stamps, seat->stamps_room * sizeof *seat->stamps);
    }
    seat->stamps[seat->said++] = stamp;
}

size_t talk_say(struct talk *talk, struct seat *seat, uint64_t due, char *line) {
    text_write(seat->text, seat->said, due);
    size_t bytes = talk->dialect->say(line, seat->room, seat->said, seat->text);
    remember(seat, due);
    seat->unheard = talk->seating.members - 1;
    talk->messages++;
    talk->expected += talk->seating.members - 1;
    return bytes;
}

size_t talk_answer(struct talk *talk, struct seat *seat, char *lines) {
    size_t bytes = 0;
    uint64_t due = now();
    talk->turn = NULL;
    for (unsigned one = 0; one < talk->burst && seat->said < talk->limit; one++)
        bytes += talk_say(talk, seat, due, lines + bytes);
    return bytes;
}

/* ---- hearing ---- */

struct seat *talk_first_seat(const struct talk *talk, unsigned client) {
    return client < talk->people ? &talk->seats[client] : NULL;
}

struct seat *talk_seat(const struct talk *talk, struct seat *first, unsigned room) {
    if (!first || room == first->room || room == UNNAMED)
        return first;
    if (room >= talk->seating.rooms)
        return NULL;
    struct seat *seat = seat_at(talk, room, first->member);
    return seat->client == first->client ? seat : NULL;
}

/* Which message of its sender a text is. It has to be exactly what was said; most often it is the last. */
static bool was_said(const struct seat *from, const char *text, unsigned *number) {
    char expected[TEXT_BYTES];
    *number = from->said - 1;
    if (from->said && !memcmp(text, from->text, TEXT_BYTES))
        return true;
    if (!text_number(text, number) || *number >= from->said)
        return false;
    memcpy(expected, from->text, TEXT_BYTES);
    text_write(expected, *number, from->stamps[*number]);
    return !memcmp(text, expected, TEXT_BYTES);
}

/* The message that a line was understood as. */
static struct said message_in(const struct talk *talk, const struct seat *to, const struct heard *heard) {
    struct said said = {.mark = heard->mark};
    unsigned sender;
    bool whole = text_sender(heard->text, &sender);
    const struct seat *from = whole ? talk_seat(talk, talk_first_seat(talk, sender), to->room) : NULL;
    if (!from)
        fault_line(to->client, "received a text of somebody who is not in the room", heard->text, TEXT_BYTES);
    if (!was_said(from, heard->text, &said.number))
        fault_line(to->client, "received a text that nobody said", heard->text, TEXT_BYTES);
    said.member = from->member;
    said.stamp = from->stamps[said.number];
    return said;
}

/* Where messages have ids, they are counted in the room without gaps, one's own included. */
static void count_id(const struct talk *talk, struct seat *seat, unsigned mark) {
    if (talk->dialect->receipts && mark != ++seat->id)
        fault("b%05u received id %u where %u was due.", seat->client, mark, seat->id);
}

static void hear(struct talk *talk, struct seat *seat, const struct said *said, uint64_t at) {
    struct seat *from = seat_at(talk, seat->room, said->member);
    if (from == seat)
        fault("b%05u received its own message %u.", seat->client, said->number);
    count_id(talk, seat, said->mark);
    log_heard(&talk->logs[seat->room], seat->member, message_of(said->member, said->number, said->mark));
    histogram_add(&talk->delays, at > said->stamp ? at - said->stamp : 0);
    talk->deliveries++;
    if (said->number == from->said - 1 && --from->unheard == 0 && talk->answering && from->said < talk->limit)
        talk->turn = from;
}

size_t talk_hear_known(struct talk *talk, struct seat *first, const char *from, size_t bytes, uint64_t at) {
    struct seat *seat = first;
    for (unsigned which = 1;; which++) {
        const struct known_line *known =
            known_next(&talk->known[seat->room], &seat->place, seat->member, from, bytes);
        if (known) {
            hear(talk, seat, &known->said, at);
            return known->bytes;
        }
        if (which == talk->seating.each)
            return 0;
        seat = seat_at(talk, seating_room(&talk->seating, first->client, which), first->member);
    }
}

void talk_hear_new(struct talk *talk, struct seat *seat, const char *line, size_t bytes, const struct heard *heard,
                   uint64_t at) {
    struct said said = message_in(talk, seat, heard);
    seat->place = known_place(&talk->known[seat->room], &said, line, bytes + 1);
    hear(talk, seat, &said, at);
}

void talk_acknowledge(struct talk *talk, struct seat *seat, const struct heard *heard) {
    if (heard->number != seat->receipts || heard->number >= seat->said)
        fault("b%05u received an ack of message %u where that of %u was due.", seat->client, heard->number,
              seat->receipts);
    count_id(talk, seat, heard->mark);
    seat->receipts++;
    talk->receipts++;
}

/* ---- the beginning and the end ---- */

void talk_prepare(struct talk *talk) {
    unsigned rooms = talk->seating.rooms, members = talk->seating.members, seats = rooms * members;
    talk->people = seating_people(&talk->seating);
    talk->seats = calloc(seats, sizeof *talk->seats);
    talk->clients = calloc(seats, sizeof *talk->clients);
    talk->logs = calloc(rooms, sizeof *talk->logs);
    talk->known = calloc(rooms, sizeof *talk->known);
    if (seats && !(talk->seats && talk->clients && talk->logs && talk->known))
        fault("There is not enough memory for the load.");
    for (unsigned one = 0; one < seats; one++) {
        talk->clients[one] = seating_client(&talk->seating, one / members, one % members);
        talk->seats[one] = (struct seat){.client = talk->clients[one], .room = one / members, .member = one % members};
        text_begin(talk->seats[one].text, talk->clients[one], one / members);
    }
    for (unsigned room = 0; room < rooms; room++) {
        talk->logs[room] = log_of(talk->clients + room * members, members);
        talk->known[room] = known_of(members, talk->burst);
    }
}

bool talk_expects(const struct talk *talk) {
    return (talk->dialect->receipts && talk->receipts < talk->messages) || talk->deliveries < talk->expected;
}

void talk_check(struct talk *talk) {
    unsigned rooms = talk->seating.rooms, members = talk->seating.members;
    unsigned *said = enlarged(NULL, members * sizeof *said);
    for (unsigned room = 0; room < rooms; room++) {
        for (unsigned member = 0; member < members; member++)
            said[member] = seat_at(talk, room, member)->said;
        log_compare(&talk->logs[room], said);
    }
    free(said);
    for (const struct seat *seat = talk->seats; talk->dialect->receipts && seat < talk->seats + rooms * members; seat++)
        if (seat->receipts != seat->said)
            fault("b%05u received no ack of message %u.", seat->client, seat->receipts);
}
