/* SPDX-License-Identifier: Apache-2.0 */
/* writers.c -- the list of formats; a new one is a file and a line here. */
#include "exchange/writers.h"

#include "base/near.h"

enum { WRITERS = 16 };

const struct writer *const writers[] = {
    &writer_csv,
    &writer_intelmq,
    &writer_iodef,
    &writer_list,
    &writer_misp,
    &writer_rpz,
    &writer_stix,
    NULL,
};

const struct writer *
writer_find(const char *name, struct err *err)
{
	const char *names[WRITERS];
	char known[160];
	size_t count = 0;

	for (const struct writer *const *w = writers; *w != NULL && count < WRITERS;
	     w++) {
		if (strcmp((*w)->name, name) == 0)
			return *w;
		names[count++] = (*w)->name;
	}
	near_list(name, names, count, known, sizeof known);
	(void)err_set(
	    err, "no format to write is called \"%.40s\"; there are %s", name, known);
	return NULL;
}
