/* See json.h. */

#include "json.h"

#include <stdio.h>
#include <string.h>

#include "piece.h"

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

const struct dialect JSON = {
    "json", true, false, true, json_introduce, json_enter, json_say, json_understand,
};

const struct dialect JSON_IN_SEVERAL = {
    "json", true, true, true, json_introduce, json_enter, json_say_where, json_understand_where,
};
