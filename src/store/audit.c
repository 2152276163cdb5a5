/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit.c -- a chain of digests: what was done and when, and that nobody changed it
 * since.
 *
 * link(n) = BLAKE2b(link(n-1), n, time, what, digest). The digest of a case's entry is of
 * its skeleton, which stays; payloads are not in it, so erasing them changes nothing
 * here. Whole cases are retired with a link that says so; only then may their skeletons
 * be missing. After five years the oldest links go; the last of them is remembered as the
 * chain's root. Its newest link is remembered as the head, so that a cut end shows.
 *
 * Not handled: someone who can write the database can make a new chain from its root.
 * Against that stand signed roots kept elsewhere.
 */
#include "base/mem.h"
#include "store/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MARK_TEXT = 128 };

struct link {
	uint64_t number, case_id;
	int64_t time;
	uint32_t entry;
	const char *what; /* the statement's */
	uint8_t digest[AUDIT_DIGEST], value[AUDIT_DIGEST];
};

static void
link_compute(const uint8_t *before, const struct link *link, uint8_t *out)
{
	struct digest d;

	digest_init(&d);
	digest_field(&d, before, AUDIT_DIGEST);
	digest_u64(&d, link->number);
	digest_u64(&d, (uint64_t)link->time);
	digest_text(&d, link->what);
	digest_u64(&d, link->case_id);
	digest_u64(&d, link->entry);
	digest_field(&d, link->digest, AUDIT_DIGEST);
	digest_final(&d, out);
}

/* A setting "number hexadecimal-link"; zeros if it is not there. */
static bool
mark_get(struct store *store, const char *name, uint64_t *number, uint8_t *link)
{
	char *text = store_setting(store, name), *hex = NULL;
	bool good = false;
	size_t size = 0;

	memset(link, 0, AUDIT_DIGEST);
	*number = 0;
	if (text == NULL)
		return false;
	*number = strtoull(text, &hex, 10);
	if (*hex == ' ')
		good = sodium_hex2bin(link, AUDIT_DIGEST, hex + 1, strlen(hex + 1), NULL,
			   &size, NULL) == 0 &&
		       size == AUDIT_DIGEST;
	free(text);
	return good;
}

static bool
mark_set(struct store *store, const char *name, uint64_t number, const uint8_t *link,
    struct err *err)
{
	char text[MARK_TEXT], hex[2 * AUDIT_DIGEST + 1];

	(void)sodium_bin2hex(hex, sizeof hex, link, AUDIT_DIGEST);
	(void)snprintf(text, sizeof text, "%llu %s", (unsigned long long)number, hex);
	return store_setting_set(store, name, text, err);
}

static void
read_link(struct cols *c, struct link *link)
{
	link->number = get_uint(c);
	link->time = get_int(c);
	link->what = get_text(c);
	link->case_id = get_uint(c);
	link->entry = (uint32_t)get_uint(c);
	(void)get_bytes(c, link->digest, AUDIT_DIGEST);
	(void)get_bytes(c, link->value, AUDIT_DIGEST);
}

#define LINK_COLUMNS "n, time, what, case_id, number, digest, link"

static void
head_read(struct store *store)
{
	sqlite3_stmt *q = db_query(
	    &store->db, "SELECT " LINK_COLUMNS " FROM audit ORDER BY n DESC LIMIT 1");
	struct cols c = {.q = q};
	struct link link;

	if (db_row(&store->db, q)) {
		read_link(&c, &link);
		store->audit_number = link.number;
		memcpy(store->audit_link, link.value, AUDIT_DIGEST);
		db_done(&store->db, q);
	} else {
		(void)mark_get(
		    store, "audit.root", &store->audit_number, store->audit_link);
	}
	store->audit_known = true;
}

bool
audit_append(struct store *store, int64_t time, const char *what,
    const struct entry *entry, const uint8_t *digest, struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "INSERT INTO audit (" LINK_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?)");
	struct bind b = bind_to(q);
	struct link link = {.time = time, .what = what};
	uint8_t value[AUDIT_DIGEST];

	if (!store->audit_known)
		head_read(store);
	link.number = store->audit_number + 1;
	link.case_id = entry != NULL ? entry->case_id : 0;
	link.entry = entry != NULL ? entry->number : 0;
	memcpy(link.digest, digest, AUDIT_DIGEST);
	link_compute(store->audit_link, &link, value);
	put_uint(&b, link.number);
	put_int(&b, time);
	put_text(&b, what);
	put_uint(&b, link.case_id);
	put_uint(&b, link.entry);
	put_blob(&b, digest, AUDIT_DIGEST);
	put_blob(&b, value, AUDIT_DIGEST);
	if (!db_run(&store->db, q, err))
		return false;
	store->audit_number = link.number;
	memcpy(store->audit_link, value, AUDIT_DIGEST);
	store->audit_moved = true;
	return true;
}

bool
audit_seal(struct store *store, struct err *err)
{
	if (!store->audit_known)
		head_read(store);
	return mark_set(store, "audit.head", store->audit_number, store->audit_link, err);
}

bool
store_audit(struct store *store, int64_t time, const char *what, const void *digested,
    size_t size, struct err *err)
{
	uint8_t digest[AUDIT_DIGEST];
	struct digest d;

	digest_init(&d);
	digest_field(&d, digested, size);
	digest_final(&d, digest);
	return audit_append(store, time, what, NULL, digest, err);
}

static bool
is_retired(struct store *store, uint64_t case_id)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "SELECT 1 FROM audit WHERE case_id = ? AND case_id <> 0 AND number = 0");
	struct bind b = bind_to(q);
	bool yes;

	put_uint(&b, case_id);
	yes = db_row(&store->db, q);
	db_done(&store->db, q);
	return yes;
}

/* NULL, or what is wrong with the link. */
static const char *
link_fault(struct store *store, const struct link *link, const uint8_t *before)
{
	uint8_t value[AUDIT_DIGEST];
	struct entry entry;

	link_compute(before, link, value);
	if (memcmp(value, link->value, AUDIT_DIGEST) != 0)
		return "does not follow from the one before it";
	if (link->entry == 0)
		return NULL;
	if (!entry_get(store, link->case_id, link->entry, &entry))
		return is_retired(store, link->case_id)
			   ? NULL
			   : "speaks of an entry that is missing";
	entry_digest(&entry, value);
	if (memcmp(value, link->digest, AUDIT_DIGEST) != 0)
		return "speaks of an entry that was changed";
	return NULL;
}

/* Entries without a link: put there by somebody else. */
static uint64_t
count_of(struct store *store, const char *query)
{
	sqlite3_stmt *q = db_query(&store->db, query);
	uint64_t count = 0;

	if (db_row(&store->db, q)) {
		count = (uint64_t)sqlite3_column_int64(q, 0);
		db_done(&store->db, q);
	}
	return count;
}

static bool
verify_ends(struct store *store, uint64_t number, const uint8_t *value, uint64_t *bad,
    struct err *err)
{
	uint8_t head[AUDIT_DIGEST];
	uint64_t last;

	*bad = number;
	if (mark_get(store, "audit.head", &last, head)) {
		if (last != number || memcmp(head, value, AUDIT_DIGEST) != 0)
			return err_set(err,
			    "audit: the chain ends at link %llu, but its head is %llu",
			    (unsigned long long)number, (unsigned long long)last);
	} else if (number != 0) {
		return err_set(err, "audit: the chain's head is missing");
	}
	if (count_of(store,
		"SELECT count(*) FROM entry WHERE NOT EXISTS (SELECT 1 FROM audit WHERE"
		" audit.case_id = entry.case_id AND audit.number = entry.number"
		" AND audit.case_id <> 0)"
		" AND time > ifnull((SELECT min(time) FROM audit), time - 1)") != 0)
		return err_set(err, "audit: there are entries that the chain knows not");
	*bad = 0;
	return true;
}

static bool
verify(struct store *store, uint64_t *links, uint64_t *bad, struct err *err)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT " LINK_COLUMNS " FROM audit ORDER BY n");
	uint8_t before[AUDIT_DIGEST];
	const char *fault = NULL;
	uint64_t number;

	*links = 0;
	*bad = 0;
	(void)mark_get(store, "audit.root", &number, before);
	while (db_row(&store->db, q)) {
		struct cols c = {.q = q};
		struct link link;

		read_link(&c, &link);
		if (link.number != number + 1)
			fault = "is not the next one";
		else
			fault = link_fault(store, &link, before);
		if (fault != NULL) {
			*bad = link.number;
			db_done(&store->db, q);
			return err_set(err, "audit: link %llu %s",
			    (unsigned long long)link.number, fault);
		}
		number = link.number;
		memcpy(before, link.value, AUDIT_DIGEST);
		++*links;
	}
	return verify_ends(store, number, before, bad, err);
}

bool
store_audit_verify(struct store *store, uint64_t *links, uint64_t *bad, struct err *err)
{
	/* One snapshot for chain, entries and head: the engine may be writing meanwhile.
	 */
	bool alone = sqlite3_get_autocommit(store->db.sql) != 0;
	struct err end;
	bool whole;

	*links = 0;
	*bad = 0;
	if (alone && !db_exec(&store->db, "BEGIN", err))
		return false;
	whole = verify(store, links, bad, err);
	if (alone && !db_exec(&store->db, "COMMIT", &end))
		fatal("%s", end.text);
	return whole;
}
