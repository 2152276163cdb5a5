/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mime.h -- an order as an Internet message (RFC 5322, 2045, 2047, 3834).
 *
 * A pure function of the order and the sender: a message that must be sent again is the
 * same message, byte for byte, under the same Message-ID.
 */
#ifndef ACTION_MIME_H
#define ACTION_MIME_H

#include "action/action.h"

struct mime_sender {
	const char *address; /* abuse@example.net */
	const char *name;    /* UTF-8 */
};

/* Lines end in CR LF; dots are not doubled (the transport's task). */
void mime_write(
    const struct order *order, const struct mime_sender *sender, struct wr *out);
/* One mailbox and nothing that could leave its header or command. */
bool mime_address_valid(const char *address);

#endif
