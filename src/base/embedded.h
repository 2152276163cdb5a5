/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embedded.h -- files that the build puts into the binary (tools/embed.py).
 *
 * The arrays are declared where they are used: `extern const struct embedded NAME[];`
 */
#ifndef BASE_EMBEDDED_H
#define BASE_EMBEDDED_H

#include <stddef.h>
#include <string.h>

struct embedded {
	const char *path;           /* below the root given to the tool */
	const unsigned char *bytes; /* `size` of them, then a zero */
	size_t size;
};

/* NULL if there is no such file; `files` ends with a row whose path is NULL. */
static inline const struct embedded *
embedded_find(const struct embedded *files, const char *path)
{
	for (; files->path != NULL; files++)
		if (strcmp(files->path, path) == 0)
			return files;
	return NULL;
}

#endif
