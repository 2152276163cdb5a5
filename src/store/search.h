/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search.h -- is it really gone? A raw search through every file below a directory.
 */
#ifndef STORE_SEARCH_H
#define STORE_SEARCH_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { SEARCH_LEAST = 4 }; /* bytes of a marker: fewer are found by chance */

typedef bool search_visit(void *ctx, const char *path, uint64_t offset);
/* Calls back for each place where the marker's bytes stand; links are not followed. What
 * vanishes meanwhile is passed over; what cannot be read is an error. */
MUST_CHECK bool search_files(const char *directory, const char *marker, uint64_t *files,
    search_visit *visit, void *ctx, struct err *err);

#endif
