/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err.h -- one sentence about what went wrong, for whoever handles it.
 *
 * The buffer lives on the caller's stack. A function that can fail returns bool and
 * takes `struct err *` last: false means that the buffer holds a sentence (what, where,
 * the way out) and nothing else was changed. Libraries report; the outermost handler
 * logs, once. There are no codes.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

#define MUST_CHECK __attribute__((warn_unused_result))

struct err {
	char text[256];
};

/* Both return false, so that `return err_set(...)` reads well. */
bool err_set(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Appends ": " and the text of the present errno. */
bool err_errno(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
