/* How chatd is spoken to by programs: docs/protocol.rst.

Knows lines of JSON. Must not know other dialects. */

#ifndef JSON_H
#define JSON_H

#include "dialect.h"

/* As it is spoken by who is in one room; and by who is in several, and has to say which. */
extern const struct dialect JSON, JSON_IN_SEVERAL;

#endif
