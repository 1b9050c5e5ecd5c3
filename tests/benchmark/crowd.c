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

void crowd_say(struct crowd *crowd, struct seat *seat, uint64_t due) {
    char line[SAYING_BYTES];
    send_all(&crowd->clients[seat->client], line, talk_say(&crowd->talk, seat, due, line));
}

void crowd_answer(struct crowd *crowd, struct seat *seat) {
    char lines[MOST_AT_ONCE * SAYING_BYTES];
    send_all(&crowd->clients[seat->client], lines, talk_answer(&crowd->talk, seat, lines));
}

/* ---- what a line means ---- */

static void become_ready(struct crowd *crowd, struct client *client) {
    client->stage = READY;
    crowd->ready++;
}

/* Into the next of its rooms; it is ready when there is none. */
static void enter_next(struct crowd *crowd, struct client *client) {
    const struct talk *talk = &crowd->talk;
    char line[SAYING_BYTES];
    client->stage = ENTERING;
    if (!client->seat || !talk->dialect->rooms || client->entered == talk->seating.each) {
        become_ready(crowd, client);
        return;
    }
    unsigned room = seating_room(&talk->seating, client->number, client->entered++);
    send_all(client, line, talk->dialect->enter(line, room));
}

static _Noreturn void refuse(const struct client *client, const char *line, size_t bytes) {
    const char *what = client->stage == READY ? "received a line that nobody said" : "was not let in, but told";
    fault_line(client->number, what, line, bytes);
}

static void take(struct crowd *crowd, struct client *client, const char *line, size_t bytes, uint64_t at) {
    struct talk *talk = &crowd->talk;
    struct heard heard;
    enum kind kind = talk->dialect->understand(line, bytes, &heard);
    bool said = kind == MESSAGE || kind == RECEIPT;
    struct seat *seat = said ? talk_seat(talk, client->seat, heard.room) : NULL;
    if (said && !seat)
        refuse(client, line, bytes);
    else if (kind == MESSAGE)
        talk_hear_new(talk, seat, line, bytes, &heard, at);
    else if (kind == RECEIPT)
        talk_acknowledge(talk, seat, &heard);
    else if ((kind == WELCOME && client->stage == INTRODUCED) || (kind == ENTERED && client->stage == ENTERING))
        enter_next(crowd, client);
    else if (kind == CALL)
        send_all(client, heard.reply, heard.reply_bytes);
    else if (kind == STRANGE)
        refuse(client, line, bytes);
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
        size_t left = (size_t)(after - line);
        size_t taken = client->seat ? talk_hear_known(&crowd->talk, client->seat, line, left, at) : 0;
        if (!taken) {
            end = memchr(from, '\n', (size_t)(after - from));
            if (!end)
                break;
            take(crowd, client, line, (size_t)(end - line), at);
            taken = (size_t)(end + 1 - line);
        }
        line += taken;
        if (crowd->talk.turn)
            crowd_answer(crowd, crowd->talk.turn);
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
    send_all(client, line, crowd->talk.dialect->introduce(line, client->number));
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
    talk_prepare(&crowd->talk);
    crowd->poll = epoll_create1(EPOLL_CLOEXEC);
    crowd->clients = calloc(clients, sizeof *crowd->clients);
    if (!crowd->clients)
        fault("There is not enough memory for the load.");
    for (unsigned number = 0; number < clients; number++)
        crowd->clients[number] = (struct client){.number = number, .seat = talk_first_seat(&crowd->talk, number)};
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

bool crowd_expects(const struct crowd *crowd) {
    return talk_expects(&crowd->talk) && now() < crowd->last_news + crowd->patience;
}

void crowd_settle(struct crowd *crowd) {
    crowd->talk.answering = false;
    crowd->last_news = now();
    while (crowd_expects(crowd))
        crowd_turn(crowd, 100);
    for (uint64_t end = now() + crowd->quiet; now() < end;)
        crowd_turn(crowd, 10);
    talk_check(&crowd->talk);
}
