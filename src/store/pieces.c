/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pieces.c -- what strangers wrote, compressed, until its time is up.
 *
 * A piece of a sighting that belongs to a case is sealed under the case's key and goes
 * with it; the others wait in the open, as their sightings do, and go with them. A
 * sighting that is bound to a case later has its piece sealed then.
 */
#include "base/mem.h"
#include "store/inside.h"
#include "store/reports.h"

#include <stdlib.h>
#include <string.h>

enum { SEALED_MOST = 1 << 18 };

/* Pieces are numbered apart from the case's entries, so that neither can stand in for the
 * other. */
static struct entry
seal_place(uint64_t case_id, const struct id128 *id)
{
	struct entry place = {.case_id = case_id};

	memcpy(&place.number, id->b, sizeof place.number);
	place.number |= UINT32_C(1) << 31;
	return place;
}

static bool
keep(struct store *store, const struct piece *piece, const void *body, size_t size,
    struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "INSERT OR REPLACE INTO piece (id, case_id, received, told, body)"
	    " VALUES (?, ?, ?, ?, ?)");
	struct bind b = bind_to(q);

	put_blob(&b, piece->id.b, sizeof piece->id.b);
	put_uint(&b, piece->case_id);
	put_int(&b, piece->received);
	put_int(&b, piece->told);
	put_blob(&b, body, size);
	return db_run(&store->db, q, err);
}

bool
store_piece_put(struct store *store, const struct piece *piece, struct err *err)
{
	struct entry place = seal_place(piece->case_id, &piece->id);
	struct wr sealed;
	bool good;

	if (piece->case_id == 0)
		return keep(store, piece, piece->bytes, piece->size, err);
	wr_init(&sealed, SEALED_MOST);
	good = payload_seal(store, &place, piece->bytes, piece->size, &sealed, err) &&
	       keep(store, piece, sealed.bytes, sealed.size, err);
	wr_fini(&sealed);
	return good;
}

static bool
unseal(struct store *store, const struct piece *piece, const void *body, size_t size,
    struct wr *bytes)
{
	struct entry place = seal_place(piece->case_id, &piece->id);

	if (piece->case_id != 0)
		return payload_open(store, &place, body, size, bytes);
	wr_put(bytes, body, size);
	return true;
}

bool
store_piece(
    struct store *store, const struct id128 *id, struct piece *out, struct wr *bytes)
{
	sqlite3_stmt *q = db_query(
	    &store->db, "SELECT case_id, received, told, body FROM piece WHERE id = ?");
	struct bind b = bind_to(q);
	struct cols c = {.q = q};
	const void *body;
	size_t size;
	bool good;

	put_blob(&b, id->b, sizeof id->b);
	if (!db_row(&store->db, q))
		return false;
	*out = (struct piece){.id = *id};
	out->case_id = get_uint(&c);
	out->received = get_int(&c);
	out->told = (uint32_t)get_uint(&c);
	body = get_blob(&c, &size);
	good = unseal(store, out, body, size, bytes);
	db_done(&store->db, q);
	return good;
}

bool
piece_bind(struct store *store, const struct id128 *id, uint64_t case_id, struct err *err)
{
	struct piece piece;
	struct wr bytes;
	bool good = true;

	wr_init(&bytes, SEALED_MOST);
	if (store_piece(store, id, &piece, &bytes) && piece.case_id != case_id) {
		piece.case_id = case_id;
		piece.bytes = bytes.bytes;
		piece.size = bytes.size;
		store->unflushed = true; /* it stood in the open */
		good = store_piece_put(store, &piece, err);
	}
	wr_fini(&bytes);
	return good;
}

bool
piece_drop(struct store *store, const struct id128 *id, struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db, "DELETE FROM piece WHERE id = ?");
	struct bind b = bind_to(q);

	put_blob(&b, id->b, sizeof id->b);
	store->unflushed = true;
	return db_run(&store->db, q, err);
}
