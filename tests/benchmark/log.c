/* See log.h. */

#include "log.h"

#include <stdlib.h>

#include "text.h"

enum { PATIENCE = 64 }; /* messages of each member that are gathered before they are compared */

message message_of(unsigned member, unsigned number, unsigned mark) {
    return (message)(mark & 0xffff) << 48 | (message)(member & 0xffff) << 32 | number;
}

static unsigned sender(message of) { return of >> 32 & 0xffff; }
static unsigned number(message of) { return (unsigned)of; }
static bool same(message one, message other) { return (one ^ other) << 16 == 0; }

/* ---- queues ---- */

static message at(const struct queue *queue, size_t place) {
    return queue->items[(queue->first + place) & (queue->capacity - 1)];
}

static void grow(struct queue *queue) {
    struct queue larger = {NULL, 0, queue->count, queue->capacity ? 2 * queue->capacity : 16};
    larger.items = enlarged(NULL, larger.capacity * sizeof *larger.items);
    for (size_t place = 0; place < queue->count; place++)
        larger.items[place] = at(queue, place);
    free(queue->items);
    *queue = larger;
}

static void put(struct queue *queue, message item) {
    if (queue->count == queue->capacity)
        grow(queue);
    queue->items[(queue->first + queue->count++) & (queue->capacity - 1)] = item;
}

static void drop(struct queue *queue, size_t count) {
    queue->first = (queue->first + count) & (queue->capacity - 1);
    queue->count -= count;
}

static bool holds(const struct queue *queue, message wanted) {
    for (size_t place = 0; place < queue->count; place++)
        if (same(at(queue, place), wanted))
            return true;
    return false;
}

/* ---- complaints ---- */

/* Whether a message stands in the log before a member's place. */
static bool passed(const struct log *log, unsigned member, message of) {
    unsigned numbers = log->member[sender(of)].numbers;
    for (uint64_t place = log->member[member].place; place < log->begin + log->room.count; place++)
        numbers -= sender(at(&log->room, place - log->begin)) == sender(of);
    return number(of) < numbers;
}

static unsigned who_said(const struct log *log, message of) { return log->clients[sender(of)]; }

static _Noreturn void lost(const struct log *log, unsigned member, message due) {
    fault("b%05u did not receive message %u of b%05u.", log->clients[member], number(due), who_said(log, due));
}

/* Of the first member's messages only the third one tells the place, and the other way round: has it not got this? */
static void blame_witness(const struct log *log, message unplaced) {
    unsigned from = sender(unplaced), witness = 2 - from;
    bool placed = number(unplaced) < log->member[from].numbers;
    if ((from == 0 || from == 2) && !placed && !holds(&log->member[witness].heard, unplaced))
        lost(log, witness, unplaced);
}

/* A member heard `got` where another one, or most of them, heard `due`: why? */
static _Noreturn void complain(const struct log *log, unsigned member, message got, message due) {
    unsigned who = log->clients[member], from = who_said(log, got);
    blame_witness(log, got);
    if (passed(log, member, got))
        fault("b%05u received message %u of b%05u more than once.", who, number(got), from);
    if (same(got, due))
        fault("b%05u saw another time or id at message %u of b%05u than others did.", who, number(got), from);
    if (holds(&log->member[member].heard, due))
        fault("b%05u received message %u of b%05u before message %u of b%05u, others the other way round.", who,
              number(got), from, number(due), who_said(log, due));
    lost(log, member, due);
}

/* The first and the third member go on with two messages neither of which can be the other one's own. */
static _Noreturn void disagree(const struct log *log, const message *first, const message *third) {
    if (!first)
        lost(log, 0, *third);
    if (!third)
        lost(log, 2, *first);
    bool third_is_wrong = passed(log, 2, *third) || !holds(&log->member[2].heard, *first);
    if (third_is_wrong && !passed(log, 0, *first))
        complain(log, 2, *third, *first);
    complain(log, 0, *first, *third);
}

/* ---- the log, learnt and compared ---- */

static bool by(const message *of, unsigned member) {
    return of && sender(*of) == member;
}

static const message *next_heard(const struct log *log, unsigned member) {
    const struct queue *heard = &log->member[member].heard;
    return heard->count ? &heard->items[heard->first] : NULL;
}

/* Bring a member's place on in the log, as far as it has heard it. */
static void follow(const struct log *log, unsigned member) {
    struct member *one = &log->member[member];
    for (; one->place < log->begin + log->room.count; one->place++) {
        message due = at(&log->room, one->place - log->begin);
        if (sender(due) == member)
            continue;
        const message *got = next_heard(log, member);
        if (!got)
            return;
        if (*got != due)
            complain(log, member, *got, due);
        drop(&one->heard, 1);
    }
}

/* The second member has heard both of the others' own messages: which one comes first? */
static const message *decided(struct log *log, const message *first, const message *third, bool over) {
    const message *second = next_heard(log, 1);
    if (!second && over)
        lost(log, 1, *first);
    if (second && *second != *first && *second != *third)
        complain(log, 1, *second, *first);
    return second;
}

/* What comes next in the log; NULL if that cannot be told yet, or, when it is over, if there is nothing more. */
static const message *next(struct log *log, bool over) {
    const message *first = next_heard(log, 0), *third = next_heard(log, 2);
    bool of_third = by(first, 2), of_first = by(third, 0);
    if (of_third && of_first) {
        follow(log, 1);
        return decided(log, first, third, over);
    }
    if (of_third && (third || over))
        return first;
    if (of_first && (first || over))
        return third;
    if (first && third && *first == *third)
        return first;
    if ((first && third) || (over && (first || third)))
        disagree(log, first, third);
    return NULL;
}

static void learn(struct log *log, bool over) {
    for (const message *found; (found = next(log, over));) {
        message one = *found;
        unsigned *numbers = &log->member[sender(one)].numbers;
        if (number(one) < *numbers)
            complain(log, by(&one, 0) ? 2 : 0, one, one);
        if (number(one) > *numbers)
            fault("Nobody received message %u of b%05u before message %u.", *numbers, who_said(log, one), number(one));
        ++*numbers;
        put(&log->room, one);
        follow(log, 0);
        follow(log, 2);
    }
}

/* Forget what everybody has heard. */
static void trim(struct log *log) {
    uint64_t least = UINT64_MAX;
    for (unsigned member = 0; member < log->members; member++)
        if (log->member[member].place < least)
            least = log->member[member].place;
    if (least > log->begin)
        drop(&log->room, least - log->begin);
    log->begin = least;
}

/* When it is over, everybody must have come to the end of the log, and all that was said must be in it. */
static void close_log(const struct log *log, const unsigned *said) {
    for (unsigned member = 0; member < log->members; member++) {
        const struct member *one = &log->member[member];
        if (one->numbers < said[member])
            fault("Nobody received message %u of b%05u.", one->numbers, log->clients[member]);
        if (one->place < log->begin + log->room.count)
            lost(log, member, at(&log->room, one->place - log->begin));
        if (one->heard.count)
            complain(log, member, *next_heard(log, member), *next_heard(log, member));
    }
}

struct log log_of(const unsigned *clients, unsigned members) {
    struct log log = {.clients = clients, .members = members};
    log.member = calloc(members, sizeof *log.member);
    if (!log.member)
        fault("There is not enough memory for the load.");
    return log;
}

void log_heard(struct log *log, unsigned member, message heard) {
    put(&log->member[member].heard, heard);
    if (++log->unlooked >= (size_t)PATIENCE * log->members)
        log_compare(log, NULL);
}

void log_compare(struct log *log, const unsigned *said) {
    log->unlooked = 0;
    learn(log, said != NULL);
    for (unsigned member = 0; member < log->members; member++)
        follow(log, member);
    trim(log);
    if (said)
        close_log(log, said);
}
