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

/* A number that fits into an unsigned one; if it is next, it is taken off. By hand, as there is one in every line. */
static bool skip_number(struct piece *piece, unsigned *number) {
    enum { MOST_DIGITS = 9 };
    const char *digits = piece->at;
    for (*number = 0; piece->at < piece->end && *piece->at >= '0' && *piece->at <= '9'; piece->at++)
        *number = *number * 10 + (unsigned)(*piece->at - '0');
    return piece->at > digits && piece->at - digits <= MOST_DIGITS;
}

/* A room's name; if it is next, it is taken off. */
static bool skip_room(struct piece *piece, unsigned *room) { return skip(piece, "#bench") && skip_number(piece, room); }

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

static enum kind line_understand(const char *from, size_t bytes, struct heard *heard) {
    struct piece line = {from, from + bytes};
    if (begins(line, "* "))
        return begins(line, "* Hello ") ? WELCOME : begins(line, "* You are now ") ? ENTERED : NEWS;
    heard->text = text_in(line);
    heard->room = UNNAMED;
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
static enum kind irc_message(struct piece line, struct heard *heard) {
    heard->text = text_in(line);
    heard->mark = 0;
    if (!heard->text || line.end - heard->text != TEXT_BYTES)
        return STRANGE;
    if (!skip(&line, ":") || !skip_sender(&line, heard->text) || !skip(&line, "!"))
        return STRANGE;
    line.at = memchr(line.at, ' ', (size_t)(line.end - line.at));
    bool said = line.at && skip(&line, " PRIVMSG ") && skip_room(&line, &heard->room) && skip(&line, " :");
    return said && line.at == heard->text ? MESSAGE : STRANGE;
}

/* Answers of the server: below 400 they are no errors; 422 is "no message of the day". */
static enum kind irc_numeric(unsigned number) {
    return number == 1 ? WELCOME : number == 366 ? ENTERED : number < 400 || number == 422 ? NEWS : STRANGE;
}

static enum kind irc_understand(const char *from, size_t bytes, struct heard *heard) {
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
        return irc_message(line, heard);
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

/* Nobody may use a cid for two messages, in whatever rooms they are: so it tells the room, too. */
static size_t json_say_where(char *to, unsigned room, unsigned number, const char *text) {
    return (size_t)sprintf(to, "{\"type\": \"chat\", \"room\": \"#bench%u\", \"cid\": \"%u.%u\", \"text\": \"%.100s\"}\n",
                           room, number, room, text);
}

/* What a line of the server may be about. */
enum field { TYPE, ROOM, ID, FROM, TEXT, CID, OK, ANY_OTHER, FIELDS };

/* An object: the values of its fields as they stand in the line, with their quotes; empty where there is none. */
struct object {
    struct piece field[FIELDS];
    bool whole; /* it was read up to its end: it has no lists or objects in it, and nothing stands behind it */
};

static inline bool is(struct piece piece, const char *what) {
    size_t bytes = strlen(what);
    return (size_t)(piece.end - piece.at) == bytes && !memcmp(piece.at, what, bytes);
}

/* Whether this is next, behind any blanks; if it is, all that is taken off. */
static inline bool take_sign(struct piece *line, char sign) {
    while (line->at < line->end && *line->at == ' ')
        line->at++;
    return line->at < line->end && *line->at == sign && line->at++;
}

/* Where a string ends. Most are names: calling memchr for those would cost more than looking at each byte. */
static inline const char *quote_in(struct piece rest) {
    enum { SHORT = 8 };
    const char *near = rest.end - rest.at > SHORT ? rest.at + SHORT : rest.end;
    for (; rest.at < near; rest.at++)
        if (*rest.at == '"')
            return rest.at;
    return memchr(near, '"', (size_t)(rest.end - near));
}

/* A string, or a value of another kind that holds no others, is taken off. What is said here holds no quotes. */
static inline bool take_value(struct piece *line, struct piece *value) {
    bool string = take_sign(line, '"');
    value->at = string ? line->at - 1 : line->at;
    if (string) {
        const char *end = quote_in(*line);
        line->at = end ? end + 1 : line->end;
        value->end = line->at;
        return end;
    }
    while (line->at < line->end && *line->at != ',' && *line->at != '}' && *line->at != ' ')
        line->at++;
    value->end = line->at;
    return value->end > value->at;
}

static inline enum field field_named(struct piece key) {
    switch (key.end - key.at > 2 ? key.at[1] : 0) {
    case 'c':
        return is(key, "\"cid\"") ? CID : ANY_OTHER;
    case 'f':
        return is(key, "\"from\"") ? FROM : ANY_OTHER;
    case 'i':
        return is(key, "\"id\"") ? ID : ANY_OTHER;
    case 'o':
        return is(key, "\"ok\"") ? OK : ANY_OTHER;
    case 'r':
        return is(key, "\"room\"") ? ROOM : ANY_OTHER;
    case 't':
        return is(key, "\"type\"") ? TYPE : is(key, "\"text\"") ? TEXT : ANY_OTHER;
    default:
        return ANY_OTHER;
    }
}

/* Once through the line: looking for each field from its beginning would cost more than all else that is done with it. */
static struct object read_object(struct piece line) {
    struct object object = {0};
    struct piece key, value;
    bool more = take_sign(&line, '{');
    while (more && take_value(&line, &key) && take_sign(&line, ':') && take_value(&line, &value)) {
        object.field[field_named(key)] = value;
        more = take_sign(&line, ',');
    }
    object.whole = take_sign(&line, '}') && line.at == line.end;
    return object;
}

/* A whole number; 0 if it is none. */
static unsigned number_in(struct piece value) {
    unsigned number = 0;
    for (; value.at < value.end && *value.at >= '0' && *value.at <= '9'; value.at++)
        number = number * 10 + (unsigned)(*value.at - '0');
    return value.at == value.end ? number : 0;
}

/* A string without its quotes. */
static bool unquote(struct piece *value) {
    bool string = value->at < value->end && *value->at == '"';
    value->at += string;
    value->end -= string;
    return string;
}

/* The name of a room, and nothing else. */
static bool read_room(struct piece value, unsigned *room) {
    return unquote(&value) && skip_room(&value, room) && value.at == value.end;
}

static enum kind json_message(const struct object *object, struct heard *heard) {
    struct piece text = object->field[TEXT], name = object->field[FROM];
    heard->mark = number_in(object->field[ID]);
    if (!object->whole || !unquote(&text) || text.end - text.at != TEXT_BYTES || *text.at != '|')
        return STRANGE;
    heard->text = text.at;
    bool said = unquote(&name) && skip_sender(&name, text.at) && name.at == name.end;
    return said && read_room(object->field[ROOM], &heard->room) ? MESSAGE : STRANGE;
}

/* Of what json_say said, or json_say_where: then its cid tells the room. */
static enum kind json_receipt(const struct object *object, bool where, struct heard *heard) {
    struct piece cid = object->field[CID];
    unsigned room;
    heard->mark = number_in(object->field[ID]);
    if (!object->whole || !read_room(object->field[ROOM], &heard->room))
        return STRANGE;
    if (!unquote(&cid) || !skip_number(&cid, &heard->number))
        return STRANGE;
    bool there = !where || (skip(&cid, ".") && skip_number(&cid, &room) && room == heard->room);
    return there && cid.at == cid.end ? RECEIPT : STRANGE;
}

static enum kind json_read(const char *from, size_t bytes, bool where, struct heard *heard) {
    static const char *const NEWSWORTHY[] = {"\"joined\"", "\"left\"", "\"users\"", "\"entered\"", "\"system\""};
    struct object object = read_object((struct piece){from, from + bytes});
    struct piece type = object.field[TYPE];
    if (is(type, "\"chat\""))
        return json_message(&object, heard);
    if (is(type, "\"ack\""))
        return json_receipt(&object, where, heard);
    if (is(type, "\"register\""))
        return is(object.field[OK], "true") ? WELCOME : STRANGE;
    if (is(type, "\"entered\"") && begins(object.field[ROOM], "\"#bench"))
        return ENTERED;
    if (is(type, "\"ping\"")) {
        heard->reply_bytes = (size_t)sprintf(heard->reply, "{\"type\": \"pong\"}\n");
        return CALL;
    }
    for (size_t one = 0; one < sizeof NEWSWORTHY / sizeof *NEWSWORTHY; one++)
        if (is(type, NEWSWORTHY[one]))
            return NEWS;
    return STRANGE;
}

static enum kind json_understand(const char *from, size_t bytes, struct heard *heard) {
    return json_read(from, bytes, false, heard);
}

static enum kind json_understand_where(const char *from, size_t bytes, struct heard *heard) {
    return json_read(from, bytes, true, heard);
}

static const struct dialect DIALECTS[] = {
    {"line", true, false, false, line_introduce, line_enter, line_say, line_understand},
    {"plain", false, false, false, line_introduce, line_enter, line_say, line_understand},
    {"irc", true, true, false, irc_introduce, irc_enter, irc_say, irc_understand},
    {"json", true, false, true, json_introduce, json_enter, json_say, json_understand},
    {"json", true, true, true, json_introduce, json_enter, json_say_where, json_understand_where},
};

const struct dialect *dialect_named(const char *name, bool several) {
    for (size_t one = 0; one < sizeof DIALECTS / sizeof *DIALECTS; one++)
        if (!strcmp(DIALECTS[one].name, name) && (DIALECTS[one].several || !several))
            return &DIALECTS[one];
    return NULL;
}
