/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h -- one line an event, `key=value`, to stderr with a syslog priority ("<6>...").
 *
 * Never a subscriber's name, payload or DNS name at LOG_INFO or above; repeating
 * conditions are counters in `botkoll status`, not log lines. A value with blanks,
 * quotes or control bytes is quoted and escaped by the writer.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level {
	LEVEL_ERROR = 3,
	LEVEL_WARNING = 4,
	LEVEL_NOTICE = 5,
	LEVEL_INFO = 6,
	LEVEL_DEBUG = 7
};

/* `role`: prefixed to every line (a constant string); `least`: what is still written. */
void log_setup(const char *role, enum log_level least);
/* `what`: a constant phrase; then pairs key, value (both const char *), then NULL. */
void log_event(enum log_level level, const char *what, ...) __attribute__((sentinel));
/* A sentence from a struct err, or such. */
void log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
