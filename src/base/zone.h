/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zone.h -- Swedish local time (Europe/Stockholm) for people, computed.
 *
 * A notice must say when something happened in the reader's time, and must say so in
 * every jail, where no zone database can be opened. The rule of Directive 2000/84/EC:
 * summer time (UTC+2) from 01:00 UTC of the last Sunday in March until 01:00 UTC of the
 * last Sunday in October, else UTC+1. It holds since 1996; earlier autumns ended in
 * September and are not known here. A change of the law is a change of this file.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include "base/when.h"

enum zone_language { ZONE_SV, ZONE_EN };
enum { ZONE_TEXT = 80 };

/* µs to add to UTC. */
int64_t zone_offset(int64_t t);
struct civil zone_civil(int64_t t);
/* Minutes since local midnight, 0..1439, and days since 1970-01-01 of the local date. */
int zone_minute(int64_t t);
int64_t zone_day(int64_t t);
/* The first point in time at or after `t` whose local clock shows `minute`. */
int64_t zone_next_minute(int64_t t, int minute);
/* "10 augusti 2011 kl. 11.46 svensk sommartid (UTC+2)", or
 * "10 August 2011, 11:46 Swedish summer time (UTC+2)". `out` holds ZONE_TEXT bytes and is
 * returned. */
const char *zone_text(int64_t t, enum zone_language language, char *out);

#endif
