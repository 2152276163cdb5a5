/* SPDX-License-Identifier: Apache-2.0 */
/* report.c -- the list of formats; a new one is a file and a line here. */
#include "report/report.h"

#include "report/facts.h"

#include <string.h>
#include <unistd.h>

enum { HEAD = 4096 };
#define UNPACKED_LIMIT (UINT64_C(2) << 30) /* a report of 1 GB is met */

const struct format *const formats[] = {
    &format_shadowserver,
    &format_xarf,
    NULL,
};

void
report_warm(void)
{
	char none[SIGHTING_NAME];

	(void)facts_generic();
	family_name("", none);
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

static const struct format *
recognise(const struct report_input *in)
{
	const struct format *best = NULL;
	uint8_t head[HEAD];
	const uint8_t *bytes = in->bytes;
	size_t size = in->size < HEAD ? in->size : HEAD;
	int surest = 0;

	if (in->fd >= 0) {
		ssize_t n = pread(in->fd, head, HEAD, 0); /* -1 for a pipe: name only */

		bytes = head;
		size = n > 0 ? (size_t)n : 0;
	}
	for (const struct format *const *f = formats; *f != NULL; f++) {
		int sure = (*f)->recognise(in->name, bytes, size);

		if (sure > surest) {
			surest = sure;
			best = *f;
		}
	}
	return best;
}

static bool
read_as(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	const struct format *chosen = NULL;

	for (const struct format *const *f = formats; in->format != NULL && *f != NULL;
	     f++)
		if (strcmp((*f)->name, in->format) == 0)
			chosen = *f;
	if (in->format == NULL)
		chosen = recognise(in);
	if (chosen == NULL && in->format != NULL)
		return err_set(err, "no report format is called \"%s\"", in->format);
	if (chosen == NULL)
		return err_set(err, "no known report format; -f names one");
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
