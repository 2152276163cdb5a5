/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern.h -- STIX patterns (STIX 2.1, part 9), as far as they name places.
 *
 * A pattern is read whole, by its grammar, and taken apart into the ways to meet it: "a
 * or b" is two ways. Of each way the addresses, ports, names and pages are told; whether
 * it asks for anything else besides (a file's hash, an order of observations, a negation)
 * is told too, for then the place alone accuses more than the pattern does.
 */
#ifndef REPORT_PATTERN_H
#define REPORT_PATTERN_H

#include "base/mem.h"
#include "report/document.h"

enum { PATTERN_SIZE = 64 << 10, PATTERN_DEPTH = 32, PATTERN_WAYS = 1024 };

struct pattern_way {
	struct place place;
	bool source; /* the place is where traffic comes from */
	bool more;   /* the pattern asks for more than the place says */
};

struct pattern {
	struct pattern_way *ways; /* the arena's */
	size_t count, room;
};

/* False with a sentence if it is no pattern or has too many ways. Texts are the arena's.
 */
MUST_CHECK bool pattern_read(
    const char *text, struct arena *arena, struct pattern *out, struct err *err);

#endif
