/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlp.h -- the Traffic Light Protocol: to whom what was told may be told on.
 *
 * FIRST's version 2.0 (2022), with the words of version 1 read too ("white"). Words are
 * in small letters and at most seven bytes, as records hold them; "amber+strict" is
 * "strict" there.
 */
#ifndef EVENT_TLP_H
#define EVENT_TLP_H

/* In rising order of secrecy. */
enum tlp {
	TLP_UNTOLD,
	TLP_CLEAR,  /* anybody */
	TLP_GREEN,  /* the community */
	TLP_AMBER,  /* the recipient's organisation and its customers */
	TLP_STRICT, /* the recipient's organisation */
	TLP_RED,    /* those who were told */
	TLP_COUNT
};

extern const char *const tlp_words[]; /* by enum tlp; NULL-terminated */
/* As FIRST writes it, "TLP:AMBER+STRICT"; "" where untold. */
extern const char *const tlp_labels[];

/* As tlp_words, but "untold" for what is told by no word: choices of options. */
extern const char *const tlp_choices[];

/* "amber", "TLP:AMBER", "tlp:amber+strict"; what names no colour is TLP_UNTOLD. */
enum tlp tlp_parse(const char *text);

#endif
