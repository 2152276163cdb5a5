/* SPDX-License-Identifier: Apache-2.0 */
/*
 * charset.h -- foreign text in any charset as UTF-8.
 *
 * The converters are opened once (charset_warm, before a jail: they are files) and kept.
 * What is declared may be wrong: text that is UTF-8 is taken as it is; else the declared
 * charset counts, however it is wrapped ("charset=iso-8859-1; format=flowed"); unknown or
 * not declared, or us-ascii with bytes above 127, it is windows-1252. A byte that stands
 * for nothing becomes '?'; zero bytes become blanks.
 */
#ifndef REPORT_CHARSET_H
#define REPORT_CHARSET_H

#include "base/mem.h"

void charset_warm(void);
/* `declared` may be NULL. The text ends with a zero; its length goes to *length. */
const char *charset_utf8(struct arena *arena, const char *declared, const void *bytes,
    size_t size, size_t *length);

#endif
