/* See dialect.h. line: what people type into nc. plain: the same, where there are no rooms. irc: RFC 2812.
json: docs/protocol.rst. */

#define _GNU_SOURCE
#include "dialect.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

/* A line, or what is left of it. */
struct piece {
    const char *at, *end;
};

static bool begins(struct piece piece, const char *with) {
    size_t bytes = strlen(with);
    return (size_t)(piece.end - piece.at) >= bytes && !memcmp(piece.at, with, bytes);
}

/* Whether it begins so; if it does, that is taken off. */
static bool skip(struct piece *piece, const char *what) {
    if (!begins(*piece, what))
        return false;
    piece->at += strlen(what);
    return true;
}

/* The name of the text's sender, which is written with the same digits; if it is next, it is taken off. */
static bool skip_sender(struct piece *piece, const char *text) {
    if (piece->end - piece->at < NAME_BYTES || *piece->at != 'b' || memcmp(piece->at + 1, text + 1, DIGITS))
        return false;
    piece->at += NAME_BYTES;
    return true;
}

/* A room's name; if it is next, it is taken off. By hand, as it stands in every line. */
static bool skip_room(struct piece *piece, unsigned room) {
    unsigned number = 0;
    const char *digits;
    if (!skip(piece, "#bench"))
        return false;
    for (digits = piece->at; piece->at < piece->end && *piece->at >= '0' && *piece->at <= '9'; piece->at++)
        number = number * 10 + (unsigned)(*piece->at - '0');
    return piece->at > digits && number == room;
}

/* Where a text begins, if a whole one can be there. */
static const char *text_in(struct piece line) {
    const char *text = memchr(line.at, '|', (size_t)(line.end - line.at));
    return text && line.end - text >= TEXT_BYTES ? text : NULL;
}

/* ---- line ---- */

static size_t line_introduce(char *to, unsigned client) { return (size_t)sprintf(to, "b%05u\n", client); }

static size_t line_enter(char *to, unsigned room) { return (size_t)sprintf(to, "/join #bench%u\n", room); }

static size_t line_say(char *to, unsigned room, unsigned number, const char *text) {
    (void)room, (void)number;
    memcpy(to, text, TEXT_BYTES);
    to[TEXT_BYTES] = '\n';
    return TEXT_BYTES + 1;
}

/* "[14:03] ", which may be missing, as minutes plus one; 0 without. */
static unsigned skip_time(struct piece *line) {
    unsigned hour, minute;
    if (line->end - line->at < 8 || line->at[0] != '[' || line->at[3] != ':' || memcmp(line->at + 6, "] ", 2))
        return 0;
    if (!digits_read(line->at + 1, 2, &hour) || !digits_read(line->at + 4, 2, &minute))
        return 0;
    line->at += 8;
    return hour * 60 + minute + 1;
}

static enum kind line_understand(const char *from, size_t bytes, unsigned room, struct heard *heard) {
    struct piece line = {from, from + bytes};
    (void)room;
    if (begins(line, "* "))
        return begins(line, "* Hello ") ? WELCOME : begins(line, "* You are now ") ? ENTERED : NEWS;
    heard->text = text_in(line);
    heard->mark = skip_time(&line);
    bool whole = heard->text && skip_sender(&line, heard->text) && skip(&line, ": ");
    return whole && line.at == heard->text && line.end - line.at == TEXT_BYTES ? MESSAGE : STRANGE;
}

/* ---- irc ---- */

enum { LONGEST = 512 }; /* a line, RFC 2812, 2.3 */

static size_t irc_introduce(char *to, unsigned client) {
    return (size_t)sprintf(to, "NICK b%05u\r\nUSER b%05u 0 * :benchmark\r\n", client, client);
}

static size_t irc_enter(char *to, unsigned room) { return (size_t)sprintf(to, "JOIN #bench%u\r\n", room); }

static size_t irc_say(char *to, unsigned room, unsigned number, const char *text) {
    (void)number;
    return (size_t)sprintf(to, "PRIVMSG #bench%u :%.100s\r\n", room, text);
}

/* ":b00042!~b00042@host PRIVMSG #bench0 :text" */
static enum kind irc_message(struct piece line, unsigned room, struct heard *heard) {
    heard->text = text_in(line);
    heard->mark = 0;
    if (!heard->text || line.end - heard->text != TEXT_BYTES)
        return STRANGE;
    if (!skip(&line, ":") || !skip_sender(&line, heard->text) || !skip(&line, "!"))
        return STRANGE;
    line.at = memchr(line.at, ' ', (size_t)(line.end - line.at));
    bool said = line.at && skip(&line, " PRIVMSG ") && skip_room(&line, room) && skip(&line, " :");
    return said && line.at == heard->text ? MESSAGE : STRANGE;
}

/* Answers of the server: below 400 they are no errors; 422 is "no message of the day". */
static enum kind irc_numeric(unsigned number) {
    return number == 1 ? WELCOME : number == 366 ? ENTERED : number < 400 || number == 422 ? NEWS : STRANGE;
}

static enum kind irc_understand(const char *from, size_t bytes, unsigned room, struct heard *heard) {
    static const char *const NEWSWORTHY[] = {"JOIN ", "MODE ", "NOTICE ", "PART ", "QUIT "};
    struct piece line = {from, from + bytes};
    if (line.end > line.at && line.end[-1] == '\r')
        line.end--;
    struct piece command = line;
    if (begins(line, "PING ") && line.end - line.at <= LONGEST) {
        heard->reply_bytes = (size_t)sprintf(heard->reply, "PONG %.*s\r\n", (int)(line.end - line.at - 5), line.at + 5);
        return CALL;
    }
    if (begins(line, ":")) {
        const char *space = memchr(line.at, ' ', (size_t)(line.end - line.at));
        command.at = space ? space + 1 : line.end;
    }
    if (begins(command, "PRIVMSG "))
        return irc_message(line, room, heard);
    unsigned number;
    if (command.end - command.at > 3 && command.at[3] == ' ' && digits_read(command.at, 3, &number))
        return irc_numeric(number);
    for (size_t one = 0; one < sizeof NEWSWORTHY / sizeof *NEWSWORTHY; one++)
        if (begins(command, NEWSWORTHY[one]))
            return NEWS;
    return STRANGE;
}

/* ---- json ---- */

static size_t json_introduce(char *to, unsigned client) {
    return (size_t)sprintf(to, "{\"type\": \"register\", \"v\": 1, \"user_id\": \"b%05u\"}\n", client);
}

static size_t json_enter(char *to, unsigned room) {
    return (size_t)sprintf(to, "{\"type\": \"join\", \"room\": \"#bench%u\"}\n", room);
}

static size_t json_say(char *to, unsigned room, unsigned number, const char *text) {
    (void)room;
    return (size_t)sprintf(to, "{\"type\": \"chat\", \"cid\": \"%u\", \"text\": \"%.100s\"}\n", number, text);
}

/* A field's value and what is behind it; nothing if there is no such field. What is said here looks like none. */
static struct piece value_of(struct piece object, const char *key) {
    const char *at = memmem(object.at, (size_t)(object.end - object.at), key, strlen(key));
    struct piece value = {at ? at + strlen(key) : object.end, object.end};
    while (skip(&value, " "))
        continue;
    return value;
}

/* Whether a field's value is, or begins with, this. */
static bool has(struct piece object, const char *key, const char *value) {
    return begins(value_of(object, key), value);
}

/* A whole number; 0 if it is none. */
static unsigned number_in(struct piece object, const char *key) {
    struct piece value = value_of(object, key);
    unsigned number = 0;
    skip(&value, "\"");
    for (; value.at < value.end && *value.at >= '0' && *value.at <= '9'; value.at++)
        number = number * 10 + (unsigned)(*value.at - '0');
    return number;
}

static enum kind json_message(struct piece object, unsigned room, struct heard *heard) {
    heard->text = text_in(object);
    heard->mark = number_in(object, "\"id\":");
    if (!heard->text || heard->text[TEXT_BYTES] != '"' || value_of(object, "\"text\":").at != heard->text - 1)
        return STRANGE;
    struct piece name = value_of(object, "\"from\":"), place = value_of(object, "\"room\":");
    bool said = skip(&name, "\"") && skip_sender(&name, heard->text) && skip(&name, "\"");
    return said && skip(&place, "\"") && skip_room(&place, room) && skip(&place, "\"") ? MESSAGE : STRANGE;
}

static enum kind json_receipt(struct piece object, struct heard *heard) {
    heard->mark = number_in(object, "\"id\":");
    heard->number = number_in(object, "\"cid\":");
    return has(object, "\"cid\":", "\"") ? RECEIPT : STRANGE;
}

static enum kind json_understand(const char *from, size_t bytes, unsigned room, struct heard *heard) {
    static const char *const NEWSWORTHY[] = {"\"joined\"", "\"left\"", "\"users\"", "\"entered\"", "\"system\""};
    struct piece object = {from, from + bytes};
    if (has(object, "\"type\":", "\"chat\""))
        return json_message(object, room, heard);
    if (has(object, "\"type\":", "\"ack\""))
        return json_receipt(object, heard);
    if (has(object, "\"type\":", "\"register\""))
        return has(object, "\"ok\":", "true") ? WELCOME : STRANGE;
    if (has(object, "\"type\":", "\"entered\"") && has(object, "\"room\":", "\"#bench"))
        return ENTERED;
    if (has(object, "\"type\":", "\"ping\"")) {
        heard->reply_bytes = (size_t)sprintf(heard->reply, "{\"type\": \"pong\"}\n");
        return CALL;
    }
    for (size_t one = 0; one < sizeof NEWSWORTHY / sizeof *NEWSWORTHY; one++)
        if (has(object, "\"type\":", NEWSWORTHY[one]))
            return NEWS;
    return STRANGE;
}

static const struct dialect DIALECTS[] = {
    {"line", true, false, line_introduce, line_enter, line_say, line_understand},
    {"plain", false, false, line_introduce, line_enter, line_say, line_understand},
    {"irc", true, false, irc_introduce, irc_enter, irc_say, irc_understand},
    {"json", true, true, json_introduce, json_enter, json_say, json_understand},
};

const struct dialect *dialect_named(const char *name) {
    for (size_t one = 0; one < sizeof DIALECTS / sizeof *DIALECTS; one++)
        if (!strcmp(DIALECTS[one].name, name))
            return &DIALECTS[one];
    return NULL;
}
