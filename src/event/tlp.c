/* SPDX-License-Identifier: Apache-2.0 */
/* tlp.c -- see tlp.h. */
#include "event/tlp.h"

#include <stddef.h>
#include <strings.h>

const char *const tlp_words[] = {"", "clear", "green", "amber", "strict", "red", NULL};
const char *const tlp_labels[] = {
    "", "TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED", NULL};

const char *const tlp_choices[] = {
    "untold", "clear", "green", "amber", "strict", "red", NULL};

enum tlp
tlp_parse(const char *text)
{
	if (strncasecmp(text, "tlp:", 4) == 0)
		text += 4;
	if (strcasecmp(text, "white") == 0)
		return TLP_CLEAR;
	if (strcasecmp(text, "amber+strict") == 0)
		return TLP_STRICT;
	for (int i = TLP_CLEAR; i < TLP_COUNT; i++)
		if (strcasecmp(text, tlp_words[i]) == 0)
			return (enum tlp)i;
	return TLP_UNTOLD;
}
