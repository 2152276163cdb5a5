/* SPDX-License-Identifier: Apache-2.0 */
/* report.c -- the list of formats; a new one is a file and a line here. */
#include "report/report.h"

#include <string.h>
#include <unistd.h>

enum { HEAD = 4096 };

const struct format *const formats[] = {
    &format_shadowserver,
    NULL,
};

static const struct format *
recognise(const struct report_input *in)
{
	const struct format *best = NULL;
	uint8_t head[HEAD];
	ssize_t n = pread(in->fd, head, sizeof head, 0); /* -1 for a pipe: name only */
	int surest = 0;

	for (const struct format *const *f = formats; *f != NULL; f++) {
		int sure = (*f)->recognise(in->name, head, n > 0 ? (size_t)n : 0);

		if (sure > surest) {
			surest = sure;
			best = *f;
		}
	}
	return best;
}

bool
report_read(const struct report_input *in, item_call *item, refuse_call *refuse,
    void *ctx, struct report_stat *stat, struct err *err)
{
	const char *format = in->format;
	const struct format *chosen = NULL;

	*stat = (struct report_stat){0};
	for (const struct format *const *f = formats; format != NULL && *f != NULL; f++)
		if (strcmp((*f)->name, format) == 0)
			chosen = *f;
	if (format == NULL)
		chosen = recognise(in);
	if (chosen == NULL && format != NULL)
		return err_set(err, "no report format is called \"%s\"", format);
	if (chosen == NULL)
		return err_set(err, "no known report format; -f names one");
	stat->format = chosen->name;
	return chosen->read(in, item, refuse, ctx, stat, err);
}
