/* SPDX-License-Identifier: Apache-2.0 */
/*
 * throttle.h -- how often somebody may try to log in.
 *
 * Each try costs the engine an Argon2, and may be a guess. A try is counted when it is
 * made, for the pair of name and address, for the address, and for all together: so many
 * at once, then one in a while. A pair that has logged in before feels the first of them
 * only: a stranger can neither guess quickly nor keep the staff out. IPv6 counts by /64.
 * Names are kept as digests, in tables of fixed size.
 *
 * Not handled: behind a proxy all addresses are one, and a stranger's tries are the
 * staff's.
 */
#ifndef WEB_THROTTLE_H
#define WEB_THROTTLE_H

#include "base/addr.h"

/* Tries a minute: of a pair, of an address, in all. */
enum { THROTTLE_PAIR = 8, THROTTLE_ADDRESS = 20, THROTTLE_ALL = 60 };

struct throttle;

struct throttle *throttle_new(void);
void throttle_free(struct throttle *throttle);
/* Counts a try; `now`: monotonic µs, never falling. False: too many, do not even ask. */
bool throttle_try(
    struct throttle *throttle, int64_t now, const char *name, const struct addr *from);
/* It was the right password: what was counted for the pair is forgotten. */
void throttle_good(
    struct throttle *throttle, int64_t now, const char *name, const struct addr *from);

#endif
