/* SPDX-License-Identifier: Apache-2.0 */
/* report.c -- the list of formats; a new one is a file and a line here. */
#include "report/report.h"

#include "report/facts.h"
#include "report/mail.h"

#include <libxml/parser.h>
#include <string.h>
#include <unistd.h>

enum { HEAD = 4096 };
#define UNPACKED_LIMIT (UINT64_C(2) << 30) /* a report of 1 GB is met */

const struct format *const formats[] = {
    &format_archive,
    &format_cowrie,
    &format_cymru,
    &format_dionaea,
    &format_eve,
    &format_heralding,
    &format_iodef,
    &format_jsonfeed,
    &format_list,
    &format_mail,
    &format_misp,
    &format_opencanary,
    &format_relaylog,
    &format_shadowserver,
    &format_stix,
    &format_xarf,
    &format_zeek,
    NULL,
};

void
report_warm(void)
{
	char none[SIGHTING_NAME];

	json_object_seed(0); /* else jansson would read /dev/urandom */
	xmlInitParser();
	(void)facts_generic();
	(void)facts_lists();
	family_name("", none);
	mail_warm();
}

struct input *
report_open(const struct report_input *in, struct err *err)
{
	return in->fd < 0 ? input_new_bytes(in->bytes, in->size, UNPACKED_LIMIT, err)
			  : input_new(in->fd, UNPACKED_LIMIT, err);
}

void
report_refuse(const struct report_sink *sink, struct report_stat *stat,
    const struct refusal *refusal)
{
	stat->refused++;
	if (sink->refuse != NULL)
		sink->refuse(sink->ctx, refusal);
}

static bool
is_packed(const uint8_t *head, size_t size)
{
	static const char *const magics[] = {"\x1f\x8b",
	    "\xfd"
	    "7zXZ",
	    "\x28\xb5\x2f\xfd", "PK\x03\x04"};

	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
		if (size >= strlen(magics[i]) &&
		    memcmp(head, magics[i], strlen(magics[i])) == 0)
			return true;
	return false;
}

/* The beginning of the first member; how many bytes of `head` are it. */
static size_t
unpacked_head(const struct report_input *in, uint8_t *head)
{
	struct err err;
	struct input *input = report_open(in, &err);
	const uint8_t *bytes = NULL;
	const char *member;
	size_t size = HEAD;

	if (input != NULL && input_next(input, &member, &err) > 0) {
		bytes = input_look(input, size);
		if (bytes == NULL) {
			size = input_rest(input);
			bytes = input_look(input, size);
		}
	}
	if (bytes == NULL)
		size = 0;
	else
		memcpy(head, bytes, size);
	input_free(input);
	if (in->fd >= 0)
		(void)lseek(in->fd, 0, SEEK_SET);
	return size;
}

/* What formats are asked about. Of a pipe nothing is known but the name. */
static size_t
head_of(const struct report_input *in, uint8_t *head)
{
	size_t size = in->size < HEAD ? in->size : HEAD;

	if (in->fd >= 0) {
		ssize_t n = pread(in->fd, head, HEAD, 0);

		size = n > 0 ? (size_t)n : 0;
	} else if (size > 0) {
		memcpy(head, in->bytes, size);
	}
	return is_packed(head, size) ? unpacked_head(in, head) : size;
}

static const struct format *
recognise(const struct report_input *in)
{
	const struct format *best = NULL;
	uint8_t head[HEAD];
	size_t size = head_of(in, head);
	int surest = 0;

	for (const struct format *const *f = formats; *f != NULL; f++) {
		int sure = (*f)->recognise(in->name, head, size);

		if (sure > surest) {
			surest = sure;
			best = *f;
		}
	}
	return best;
}

const struct format *
report_format(const struct report_input *in, struct err *err)
{
	const struct format *chosen = NULL;

	if (in->map != NULL)
		return map_is_json(in->map) ? &format_jsonfeed : &format_list;
	if (in->format == NULL) {
		chosen = recognise(in);
		if (chosen == NULL)
			(void)err_set(err, "no known report format; -f names one");
		return chosen;
	}
	for (const struct format *const *f = formats; *f != NULL; f++)
		if (strcmp((*f)->name, in->format) == 0)
			chosen = *f;
	if (chosen == NULL)
		(void)err_set(err, "no report format is called \"%s\"", in->format);
	return chosen;
}

static bool
read_as(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	const struct format *chosen = report_format(in, err);

	if (chosen == NULL)
		return false;
	if (stat->format == NULL)
		stat->format = chosen->name;
	return chosen->read(in, sink, stat, err);
}

bool
report_read(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	*stat = (struct report_stat){0};
	return read_as(in, sink, stat, err);
}

bool
report_part(const struct report_input *whole, struct report_input *part,
    const struct report_sink *sink, struct report_stat *stat, struct err *err)
{
	part->fd = -1;
	part->depth = whole->depth + 1;
	if (part->reporter == NULL)
		part->reporter = whole->reporter;
	if (part->sent == 0)
		part->sent = whole->sent;
	if (part->depth > REPORT_DEPTH)
		return err_set(err, "more than %d reports in each other", REPORT_DEPTH);
	return read_as(part, sink, stat, err);
}
