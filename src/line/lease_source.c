/* SPDX-License-Identifier: Apache-2.0 */
/* lease_source.c -- the list of readers; a new one is a file and a line here. */
#include "line/lease_source.h"

#include <string.h>

const struct lease_reader *const lease_readers[] = {
    &lease_reader_kea_forensic,
    &lease_reader_kea_csv,
    &lease_reader_csv,
    NULL,
};

const struct lease_reader *
lease_reader_find(const char *name, const char *line, size_t size)
{
	for (const struct lease_reader *const *r = lease_readers; *r != NULL; r++)
		if (name != NULL ? strcmp((*r)->name, name) == 0
				 : (*r)->recognise(line, size))
			return *r;
	return NULL;
}
