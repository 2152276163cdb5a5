/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write.h -- a complaint (case/complaint.h) as a mail: XARF 4 for machines and plain
 * English for people.
 *
 * What leaves says when, what and how often, never who saw it: no address of a line of
 * ours, no name. Complaints are numbered; the number stands in the subject, so that an
 * answer finds its way back.
 */
#ifndef EXCHANGE_WRITE_H
#define EXCHANGE_WRITE_H

#include "base/buf.h"
#include "case/complaint.h"

enum { COMPLAINT_NUMBER = 16, COMPLAINTS_MAX = 20 };

struct complaint_sender {
	const char *name, *mail; /* of the provider's abuse desk */
};

/* "BK-000042"; `out` holds COMPLAINT_NUMBER bytes and is returned. */
const char *complaint_number(uint64_t number, char *out);
/* Finds such a number in a text, as in the subject of an answer; 0: none. */
uint64_t complaint_find(const char *text);
/* 1 to COMPLAINTS_MAX complaints to one contact. */
void complaint_subject(
    const struct complaint *complaints, size_t count, char *out, size_t room);
void complaint_text(const struct complaint *complaints, size_t count,
    const struct complaint_sender *sender, struct wr *out);
/* One XARF object, or an array of them. */
void complaint_xarf(const struct complaint *complaints, size_t count,
    const struct complaint_sender *sender, struct wr *out);

#endif
