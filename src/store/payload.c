/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payload.c -- what is personal about a case, sealed under a key of its own.
 *
 * XChaCha20-Poly1305 (libsodium) with a random nonce before the ciphertext; case and
 * entry number are authenticated with it, so that a payload cannot be moved. One random
 * key a case, made with its first payload, in a table beside: destroying that row makes
 * every copy of the ciphertext, backups too, unreadable.
 */
#include "base/mem.h"
#include "store/inside.h"

#include <sodium.h>

enum {
	KEY = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
	NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	PLACE = 12
};

static bool
key_get(struct store *store, uint64_t case_id, uint8_t *key)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT key FROM payload_key WHERE case_id = ?");
	struct bind b = bind_to(q);
	struct cols c = {.q = q};
	bool good;

	put_uint(&b, case_id);
	if (!db_row(&store->db, q))
		return false;
	good = get_bytes(&c, key, KEY);
	db_done(&store->db, q);
	return good;
}

static bool
key_make(struct store *store, uint64_t case_id, uint8_t *key, struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db, "INSERT INTO payload_key VALUES (?, ?)");
	struct bind b = bind_to(q);

	randombytes_buf(key, KEY);
	put_uint(&b, case_id);
	put_blob(&b, key, KEY);
	return db_run(&store->db, q, err);
}

/* What is authenticated besides the payload: where it belongs. */
static void
place(const struct entry *entry, uint8_t *out)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(entry->case_id >> (56 - 8 * i));
	for (int i = 0; i < 4; i++)
		out[8 + i] = (uint8_t)(entry->number >> (24 - 8 * i));
}

bool
payload_seal(struct store *store, const struct entry *entry, const void *plain,
    size_t size, struct wr *out, struct err *err)
{
	uint8_t key[KEY], where[PLACE];
	uint8_t *sealed;

	if (!key_get(store, entry->case_id, key) &&
	    !key_make(store, entry->case_id, key, err))
		return false;
	sealed = wr_reserve(out, NONCE + size + TAG);
	if (sealed == NULL)
		return err_set(err, "store: a payload of %zu bytes is too large", size);
	randombytes_buf(sealed, NONCE);
	place(entry, where);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
	    sealed + NONCE, NULL, plain, size, where, sizeof where, NULL, sealed, key);
	sodium_memzero(key, sizeof key);
	return true;
}

bool
payload_open(struct store *store, const struct entry *entry, const void *sealed,
    size_t size, struct wr *out)
{
	const uint8_t *bytes = sealed;
	uint8_t key[KEY], where[PLACE];
	uint8_t *plain;
	int rc;

	if (size < NONCE + TAG || !key_get(store, entry->case_id, key))
		return false;
	plain = wr_reserve(out, size - NONCE - TAG + 1); /* one, lest it be none */
	if (plain == NULL)
		return false;
	out->size--;
	place(entry, where);
	rc = crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, bytes + NONCE,
	    size - NONCE, where, sizeof where, bytes, key);
	sodium_memzero(key, sizeof key);
	if (rc != 0)
		fatal("store: the payload of entry %u of case %llu is damaged",
		    entry->number, (unsigned long long)entry->case_id);
	return true;
}
