/* SPDX-License-Identifier: Apache-2.0 */
/*
 * contacts.h -- who answers for an address elsewhere: abuse contacts of other networks.
 *
 * From a table (CSV: network,contact), or from a directory with such tables (.csv),
 * answers of RDAP (.json, RFC 9083) and of RIPE's whois (.txt), as they were saved.
 * Nothing is asked for over the network. The narrowest range counts, since a range's own
 * contact overrides that of what it lies in; of equal ranges a table's row, since that is
 * the operator's own word, then the first.
 */
#ifndef EXCHANGE_CONTACTS_H
#define EXCHANGE_CONTACTS_H

#include "base/addr.h"
#include "base/err.h"

struct contacts;

/* NULL with a sentence that names file and line. Answers without range or contact are
 * passed over; `*passed` (may be NULL) counts them. */
struct contacts *contacts_read(const char *path, size_t *passed, struct err *err);
void contacts_free(struct contacts *contacts);
/* A mail address, borrowed; NULL if nobody is known. */
const char *contacts_find(const struct contacts *contacts, const struct addr *addr);
size_t contacts_count(const struct contacts *contacts);

#endif
