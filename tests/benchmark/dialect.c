/* See dialect.h. line: what people type into nc. plain: the same, where there are no rooms. irc: RFC 2812.
json: json.h. */

#define _GNU_SOURCE
#include "dialect.h"

#include <stdio.h>
#include <string.h>

#include "json.h"
#include "piece.h"

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

/* ---- all of them ---- */

static const struct dialect LINE = {
    "line", true, false, false, line_introduce, line_enter, line_say, line_understand,
};
static const struct dialect PLAIN = {
    "plain", false, false, false, line_introduce, line_enter, line_say, line_understand,
};
static const struct dialect IRC = {
    "irc", true, true, false, irc_introduce, irc_enter, irc_say, irc_understand,
};
static const struct dialect *const DIALECTS[] = {&LINE, &PLAIN, &IRC, &JSON, &JSON_IN_SEVERAL};

const struct dialect *dialect_named(const char *name, bool several) {
    for (size_t one = 0; one < sizeof DIALECTS / sizeof *DIALECTS; one++)
        if (!strcmp(DIALECTS[one]->name, name) && (DIALECTS[one]->several || !several))
            return DIALECTS[one];
    return NULL;
}
