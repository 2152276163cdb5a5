/* SPDX-License-Identifier: Apache-2.0 */
/* err.c -- see err.h. Sentences longer than the buffer are cut, never dropped. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool
err_set(struct err *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	return false;
}

bool
err_errno(struct err *err, const char *format, ...)
{
	int saved = errno;
	size_t used;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	used = strlen(err->text);
	(void)snprintf(
	    err->text + used, sizeof err->text - used, ": %s", strerrordesc_np(saved));
	return false;
}
