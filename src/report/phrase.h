/* SPDX-License-Identifier: Apache-2.0 */
/*
 * phrase.h -- what words in complaints mean: classes, labels, and which address is meant.
 *
 * Tables, and no reader of one sender: what is added here is a phrase, not a person.
 */
#ifndef REPORT_PHRASE_H
#define REPORT_PHRASE_H

#include "report/field.h"

enum phrase_label {
	LABEL_NONE,
	LABEL_ADDRESS, /* of whom the complaint is */
	LABEL_OTHER_ADDRESS,
	LABEL_TIME,
	LABEL_PORT,
	LABEL_OTHER_PORT,
	LABEL_URL,
	LABEL_ISSUE, /* what happened: another one begins */
	LABEL_PERIOD /* of the report; month/day/year */
};

/* The RSIT type that the first matching phrase stands for; NULL: no phrase is there. */
const char *phrase_class(const char *text, size_t size);
/* What "Label: value" says; *value: behind the colon. */
enum phrase_label phrase_label(const char *line, const char **value);
/* The zone that prose gives to the times below it ("all times are UTC"), µs to add to
 * UTC.
 */
bool phrase_zone(const char *text, int64_t *offset);
/* The address that prose complains of, into `at`: behind words that introduce it ("host
 * at IP", "attack from"), or in brackets behind a URL. False where there is none, or
 * several that are introduced alike. */
bool phrase_address(const char *text, const struct field_place *at);

#endif
