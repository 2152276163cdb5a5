/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8.h -- foreign text, one character at a time, whatever its bytes are.
 *
 * Every writer of JSON, YAML, SVG or mail needs the same answer to "what is the next
 * character, and is it one at all?": RFC 3629, without surrogates and overlong forms.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF8_INVALID = 0xfffd };

/* The length (1 to 4) of the character at the start of `size` > 0 bytes. Bytes that are
 * no character: 1, and *code is UTF8_INVALID; a real U+FFFD has length 3. */
size_t utf8_next(const char *text, size_t size, uint32_t *code);
bool utf8_valid(const char *text, size_t size);
/* Copies foreign text, as many whole characters as fit with the zero; what is none, and
 * control bytes, become '?'. */
void utf8_copy(char *out, size_t room, const char *text);

#endif
