/* See crowd.h. */

#define _GNU_SOURCE
#include "crowd.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum {
    LONGEST_LINE = 256 * 1024,
    RECEIVED_AT_ONCE = 128 * 1024,
    EVENTS = 1024,
    PORTS = 20000, /* connections from one address; the next address gives as many again */
};

static _Noreturn void broken(const struct client *client, const char *why) {
    fault("The connection of b%05u broke: %s.", client->number, why);
}

/* ---- sending ---- */

/* There is room for it, as nobody has much under way, unless the server does not read. */
static void send_all(struct client *client, const char *bytes, size_t count) {
    ssize_t sent = wire_send(&client->wire, bytes, count);
    if (sent < 0 && errno != EAGAIN)
        broken(client, strerror(errno));
    if (sent != (ssize_t)count)
        broken(client, "the server does not read what is said");
}

/* 8 bytes for each message said. */
static void remember(struct client *client, uint64_t stamp) {
    if (client->said == client->stamps_room) {
        client->stamps_room = client->stamps_room ? 2 * client->stamps_room : 16;
        client->stamps = enlarged(client->stamps, client->stamps_room * sizeof *client->stamps);
    }
    client->stamps[client->said++] = stamp;
}

/* The line, and that it was said; how many bytes it has. */
static size_t saying(struct crowd *crowd, struct client *client, uint64_t due, char *line) {
    text_write(client->text, client->number, client->said, due);
    size_t bytes = crowd->dialect->say(line, client->room, client->said, client->text);
    remember(client, due);
    client->unheard = crowd->members - 1;
    crowd->messages++;
    crowd->expected += crowd->members - 1;
    return bytes;
}

void crowd_say(struct crowd *crowd, struct client *client, uint64_t due) {
    char line[SAYING_BYTES];
    send_all(client, line, saying(crowd, client, due, line));
}

void crowd_answer(struct crowd *crowd, struct client *client) {
    char lines[MOST_AT_ONCE * SAYING_BYTES];
    size_t bytes = 0;
    uint64_t due = now();
    for (unsigned one = 0; one < crowd->burst && client->said < crowd->limit; one++)
        bytes += saying(crowd, client, due, lines + bytes);
    send_all(client, lines, bytes);
}

/* ---- what a line means ---- */

/* Which message of its sender a text is. It has to be exactly what was said; most often it is the last. */
static bool was_said(const struct client *from, const char *text, unsigned *number) {
    char expected[TEXT_BYTES];
    *number = from->said - 1;
    if (!memcmp(text, from->text, TEXT_BYTES))
        return true;
    if (!text_number(text, number) || *number >= from->said)
        return false;
    text_write(expected, from->number, *number, from->stamps[*number]);
    return !memcmp(text, expected, TEXT_BYTES);
}

/* The message that a line was understood as. */
static struct said message_in(const struct crowd *crowd, const struct client *to, const struct heard *heard) {
    struct said said = {.mark = heard->mark};
    if (!text_sender(heard->text, &said.sender) || said.sender >= crowd->rooms * crowd->members ||
        crowd->clients[said.sender].room != to->room)
        fault_line(to->number, "received a text of somebody who is not in the room", heard->text, TEXT_BYTES);
    if (!was_said(&crowd->clients[said.sender], heard->text, &said.number))
        fault_line(to->number, "received a text that nobody said", heard->text, TEXT_BYTES);
    said.stamp = crowd->clients[said.sender].stamps[said.number];
    return said;
}

/* Where messages have ids, they are counted in the room without gaps, one's own included. */
static void count_id(const struct crowd *crowd, struct client *client, unsigned mark) {
    if (crowd->dialect->receipts && mark != ++client->id)
        fault("b%05u received id %u where %u was due.", client->number, mark, client->id);
}

static void hear(struct crowd *crowd, struct client *client, const struct said *said, uint64_t at) {
    struct client *from = &crowd->clients[said->sender];
    if (from == client)
        fault("b%05u received its own message %u.", client->number, said->number);
    count_id(crowd, client, said->mark);
    log_heard(&crowd->logs[client->room], client->number % crowd->members,
              message_of(said->sender, said->number, said->mark));
    histogram_add(&crowd->delays, at > said->stamp ? at - said->stamp : 0);
    crowd->deliveries++;
    if (said->number == from->said - 1 && --from->unheard == 0 && crowd->answering && from->said < crowd->limit)
        crowd_answer(crowd, from);
}

/* A message that is not, byte for byte, the known one that was due. The newline behind the line belongs to it here. */
static void hear_new(struct crowd *crowd, struct client *client, const char *line, size_t bytes,
                     const struct heard *heard, uint64_t at) {
    struct said said = message_in(crowd, client, heard);
    client->place = known_place(&crowd->known[client->room], &said, line, bytes + 1);
    hear(crowd, client, &said, at);
}

static void acknowledge(struct crowd *crowd, struct client *client, const struct heard *heard) {
    if (heard->number != client->receipts || heard->number >= client->said)
        fault("b%05u received an ack of message %u where that of %u was due.", client->number, heard->number,
              client->receipts);
    count_id(crowd, client, heard->mark);
    client->receipts++;
    crowd->receipts++;
}

static void become_ready(struct crowd *crowd, struct client *client) {
    client->stage = READY;
    crowd->ready++;
}

static void be_welcome(struct crowd *crowd, struct client *client) {
    char line[SAYING_BYTES];
    if (client->stage != INTRODUCED)
        return;
    if (client->room == NO_ROOM || !crowd->dialect->rooms) {
        become_ready(crowd, client);
        return;
    }
    client->stage = ENTERING;
    send_all(client, line, crowd->dialect->enter(line, client->room));
}

static _Noreturn void refuse(const struct client *client, const char *line, size_t bytes) {
    const char *what = client->stage == READY ? "received a line that nobody said" : "was not let in, but told";
    fault_line(client->number, what, line, bytes);
}

static void take(struct crowd *crowd, struct client *client, const char *line, size_t bytes, uint64_t at) {
    struct heard heard;
    enum kind kind = crowd->dialect->understand(line, bytes, client->room, &heard);
    if (kind == MESSAGE && client->room != NO_ROOM)
        hear_new(crowd, client, line, bytes, &heard, at);
    else if (kind == RECEIPT)
        acknowledge(crowd, client, &heard);
    else if (kind == WELCOME)
        be_welcome(crowd, client);
    else if (kind == ENTERED && client->stage == ENTERING)
        become_ready(crowd, client);
    else if (kind == CALL)
        send_all(client, heard.reply, heard.reply_bytes);
    else if (kind != NEWS && kind != ENTERED)
        refuse(client, line, bytes);
}

/* A line that somebody else has heard, if it begins here: how many bytes it has; else 0. */
static size_t take_known(struct crowd *crowd, struct client *client, const char *from, size_t bytes, uint64_t at) {
    if (client->room == NO_ROOM)
        return 0;
    const struct known_line *known =
        known_next(&crowd->known[client->room], &client->place, client->number, from, bytes);
    if (!known)
        return 0;
    hear(crowd, client, &known->said, at);
    return known->bytes;
}

/* ---- receiving ---- */

/* Keep what has no end yet. It is put before what comes next. */
static void keep_rest(struct client *client, const char *rest, size_t bytes) {
    if (bytes > LONGEST_LINE)
        fault_line(client->number, "received a line without an end", rest, bytes);
    if (bytes > client->rest_room)
        client->rest = enlarged(client->rest, client->rest_room = bytes);
    if (bytes)
        memcpy(client->rest, rest, bytes);
    client->rest_bytes = bytes;
}

static void take_lines(struct crowd *crowd, struct client *client, char *fresh, size_t count, uint64_t at) {
    char *line = fresh - client->rest_bytes, *after = fresh + count, *end;
    if (client->rest_bytes)
        memcpy(line, client->rest, client->rest_bytes);
    for (char *from = fresh; line < after; from = line) {
        size_t taken = take_known(crowd, client, line, (size_t)(after - line), at);
        if (taken) {
            line += taken;
            continue;
        }
        end = memchr(from, '\n', (size_t)(after - from));
        if (!end)
            break;
        take(crowd, client, line, (size_t)(end - line), at);
        line = end + 1;
    }
    keep_rest(client, line, (size_t)(after - line));
}

static void receive(struct crowd *crowd, struct client *client) {
    static char buffer[LONGEST_LINE + RECEIVED_AT_ONCE];
    char *fresh = buffer + LONGEST_LINE;
    do {
        ssize_t count = wire_receive(&client->wire, fresh, RECEIVED_AT_ONCE);
        uint64_t at = now();
        if (count < 0 && errno == EAGAIN)
            return;
        if (count <= 0)
            broken(client, count ? strerror(errno) : "the server closed it");
        crowd->last_news = at;
        take_lines(crowd, client, fresh, (size_t)count, at);
    } while (wire_pending(&client->wire));
}

static _Noreturn void no_connection(const struct client *client, const char *why) {
    fault("b%05u could not connect: %s.", client->number, why);
}

/* The socket is connected, or has failed. */
static void introduce(struct crowd *crowd, struct client *client) {
    char line[SAYING_BYTES];
    const char *problem = wire_connected(&client->wire);
    if (!problem && crowd->tls)
        problem = wire_secure(&client->wire, (unsigned)(crowd->patience / 1000000));
    if (problem)
        no_connection(client, problem);
    client->stage = INTRODUCED;
    epoll_ctl(crowd->poll, EPOLL_CTL_MOD, client->wire.socket, &(struct epoll_event){EPOLLIN, {.ptr = client}});
    send_all(client, line, crowd->dialect->introduce(line, client->number));
}

void crowd_turn(struct crowd *crowd, int milliseconds) {
    struct epoll_event events[EVENTS];
    uint64_t before = now();
    int count = epoll_wait(crowd->poll, events, EVENTS, milliseconds);
    if (count <= 0)
        crowd->empty += now() - before;
    for (int one = 0; one < count; one++) {
        struct client *client = events[one].data.ptr;
        if (client->stage == CONNECTING)
            introduce(crowd, client);
        else
            receive(crowd, client);
    }
}

/* ---- coming ---- */

static void dial(struct crowd *crowd, struct client *client) {
    const char *problem = wire_dial(&client->wire, crowd->port, client->number / PORTS);
    if (problem)
        no_connection(client, problem);
    epoll_ctl(crowd->poll, EPOLL_CTL_ADD, client->wire.socket, &(struct epoll_event){EPOLLOUT, {.ptr = client}});
}

void crowd_prepare(struct crowd *crowd, unsigned clients) {
    signal(SIGPIPE, SIG_IGN);
    crowd->poll = epoll_create1(EPOLL_CLOEXEC);
    crowd->clients = calloc(clients, sizeof *crowd->clients);
    crowd->logs = calloc(crowd->rooms, sizeof *crowd->logs);
    crowd->known = calloc(crowd->rooms, sizeof *crowd->known);
    if (!crowd->clients || !crowd->logs || !crowd->known)
        fault("There is not enough memory for the load.");
    for (unsigned number = 0; number < clients; number++) {
        crowd->clients[number].number = number;
        crowd->clients[number].room = number < crowd->rooms * crowd->members ? number / crowd->members : NO_ROOM;
    }
    for (unsigned room = 0; room < crowd->rooms; room++) {
        crowd->logs[room] = log_of(room * crowd->members, crowd->members);
        crowd->known[room] = known_of(room * crowd->members, crowd->members, crowd->burst);
    }
}

void crowd_come(struct crowd *crowd, unsigned clients, unsigned at_once) {
    unsigned end = crowd->count + clients;
    crowd->last_news = now();
    while (crowd->ready < end) {
        for (; crowd->count < end && crowd->count - crowd->ready < at_once; crowd->count++)
            dial(crowd, &crowd->clients[crowd->count]);
        crowd_turn(crowd, 100);
        if (now() > crowd->last_news + crowd->patience)
            fault("Only %u of %u clients were let in.", crowd->ready, end);
    }
}

/* ---- the end ---- */

static void check(struct crowd *crowd) {
    unsigned *said = enlarged(NULL, crowd->members * sizeof *said);
    for (unsigned room = 0; room < crowd->rooms; room++) {
        for (unsigned member = 0; member < crowd->members; member++)
            said[member] = crowd->clients[room * crowd->members + member].said;
        log_compare(&crowd->logs[room], said);
    }
    free(said);
    for (unsigned number = 0; crowd->dialect->receipts && number < crowd->rooms * crowd->members; number++)
        if (crowd->clients[number].receipts != crowd->clients[number].said)
            fault("b%05u received no ack of message %u.", number, crowd->clients[number].receipts);
}

bool crowd_expects(const struct crowd *crowd) {
    bool receipts = crowd->dialect->receipts && crowd->receipts < crowd->messages;
    return (receipts || crowd->deliveries < crowd->expected) && now() < crowd->last_news + crowd->patience;
}

void crowd_settle(struct crowd *crowd) {
    crowd->answering = false;
    crowd->last_news = now();
    while (crowd_expects(crowd))
        crowd_turn(crowd, 100);
    for (uint64_t end = now() + crowd->quiet; now() < end;)
        crowd_turn(crowd, 10);
    check(crowd);
}
