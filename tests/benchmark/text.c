/* See text.h. */

#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char FILLING[] = "the quick brown fox jumps over the lazy dog and runs on and on";

uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* By hand: printf would cost more than receiving the line does. */
static void number_write(char *to, unsigned digits, unsigned base, uint64_t number) {
    while (digits--) {
        to[digits] = "0123456789abcdef"[number % base];
        number /= base;
    }
}

void name_write(char *to, unsigned client) {
    *to = 'b';
    number_write(to + 1, DIGITS, 10, client);
}

void text_begin(char *to, unsigned client, unsigned room) {
    memcpy(to, "|00000 00000000 0000000000000000 00000|", 39);
    number_write(to + 1, DIGITS, 10, client);
    number_write(to + 33, DIGITS, 10, room);
    memcpy(to + 39, FILLING, TEXT_BYTES - 39);
}

void text_write(char *to, unsigned number, uint64_t stamp) {
    number_write(to + 7, 8, 10, number);
    number_write(to + 16, 16, 16, stamp);
}

bool text_sender(const char *text, unsigned *client) { return digits_read(text + 1, DIGITS, client); }

bool text_number(const char *text, unsigned *number) { return digits_read(text + 7, 8, number); }

bool digits_read(const char *from, unsigned digits, unsigned *number) {
    *number = 0;
    while (digits--) {
        unsigned digit = (unsigned)*from++ - '0';
        if (digit > 9)
            return false;
        *number = *number * 10 + digit;
    }
    return true;
}

/* Anything that came in may stand in a sentence: as JSON, byte for byte. */
static void json_write(const char *text, size_t bytes) {
    for (; bytes--; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < ' ' || byte >= 127 || byte == '"' || byte == '\\')
            printf("\\u%04x", byte);
        else
            putchar(byte);
    }
}

void fault(const char *format, ...) {
    char sentence[1024];
    va_list values;
    va_start(values, format);
    vsnprintf(sentence, sizeof sentence, format, values);
    va_end(values);
    printf("{\"fault\": \"");
    json_write(sentence, strlen(sentence));
    printf("\"}\n");
    exit(1);
}

void fault_line(unsigned client, const char *what, const char *line, size_t bytes) {
    enum { SHOWN = 200 };
    printf("{\"fault\": \"b%05u %s: '", client, what);
    json_write(line, bytes < SHOWN ? bytes : SHOWN);
    printf("'.\"}\n");
    exit(1);
}

void *enlarged(void *old, size_t bytes) {
    void *memory = realloc(old, bytes);
    if (!memory)
        fault("There is not enough memory for the load.");
    return memory;
}
