/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_staff.c -- verbs about the staff of the console: staff.onetime, login, password.
 *
 * Passwords are kept as Argon2id (libsodium). A login with an unknown name takes as long
 * as one with a wrong password and is answered alike. Every try is audited, by name and
 * result. A one-time password serves until its owner sets another.
 */
#include "role/desk_inside.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAME_MOST = 64, PASSWORD_LEAST = 10, PASSWORD_MOST = 256, ONE_TIME = 16 };

static bool
hash_password(const char *password, char hash[crypto_pwhash_STRBYTES], struct err *err)
{
	if (crypto_pwhash_str(hash, password, strlen(password),
		crypto_pwhash_OPSLIMIT_INTERACTIVE,
		crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0)
		return true;
	return err_set(err, "no memory to hash a password");
}

static bool
name_fits(const char *name)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789._-";

	return name != NULL && name[0] != '\0' && strlen(name) <= NAME_MOST &&
	       name[strspn(name, letters)] == '\0';
}

/* The name behind a staff number, for staff.password. */
static bool
note_number(struct desk *desk, const char *name, uint32_t *number, struct err *err)
{
	char role[32], key[32], *hash;
	bool one_time;

	hash = store_staff(desk->store, name, number, role, &one_time);
	free(hash);
	if (hash == NULL)
		return err_set(err, "the staff member was not kept");
	(void)snprintf(key, sizeof key, "staff.%u", *number);
	return store_setting_set(desk->store, key, name, err);
}

static bool
run_onetime(struct verb_call *call, struct err *err)
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	const char *name = verb_text(call, "name"), *role = verb_text(call, "role");
	char password[ONE_TIME + 1] = {0}, hash[crypto_pwhash_STRBYTES];
	uint32_t number = 0;
	bool good;

	if (!name_fits(name))
		return err_set(
		    err, "a staff name has 1 to %d letters, digits, . _ -", NAME_MOST);
	for (int i = 0; i < ONE_TIME; i++)
		password[i] = letters[randombytes_uniform(sizeof letters - 1)];
	good = hash_password(password, hash, err) &&
	       store_staff_put(
		   call->desk->store, name, role ? role : "analyst", hash, true, err) &&
	       note_number(call->desk, name, &number, err) &&
	       store_audit(call->desk->store, call->now, "staff.onetime", name,
		   strlen(name), err);
	if (good) {
		jw_object(call->out, "result");
		jw_text(call->out, "name", name);
		jw_text(call->out, "password", password);
		jw_uint(call->out, "staff", number);
		jw_end(call->out);
	}
	sodium_memzero(password, sizeof password);
	return good;
}

/* Something to compare with where the name is unknown: the same work for the same time.
 */
static bool
verify(const char *hash, const char *password)
{
	char other[crypto_pwhash_STRBYTES];
	struct err err;

	if (hash != NULL)
		return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
	(void)hash_password(password, other, &err);
	return false;
}

static bool
run_login(struct verb_call *call, struct err *err)
{
	const char *name = verb_text(call, "name"),
		   *password = verb_text(call, "password");
	char role[32] = "", *hash = NULL;
	uint32_t number = 0;
	bool one_time = false, good;

	if (!name_fits(name) || password == NULL || strlen(password) > PASSWORD_MOST)
		return err_set(err, "wrong name or password");
	hash = store_staff(call->desk->store, name, &number, role, &one_time);
	good = verify(hash, password);
	free(hash);
	if (!store_begin(call->desk->store, err))
		return false;
	if (!store_audit(call->desk->store, call->now,
		good ? "staff.login" : "staff.refused", name, strlen(name), err) ||
	    !store_commit(call->desk->store, err)) {
		store_rollback(call->desk->store);
		return false;
	}
	if (!good)
		return err_set(err, "wrong name or password");
	jw_object(call->out, "result");
	jw_text(call->out, "name", name);
	jw_uint(call->out, "staff", number);
	jw_text(call->out, "role", role);
	jw_flag(call->out, "one_time", one_time);
	jw_end(call->out);
	return true;
}

static bool
change_password(
    struct verb_call *call, const char *name, const char *password, struct err *err)
{
	char hash[crypto_pwhash_STRBYTES], role[32], *old;
	uint32_t number;
	bool one_time;

	old = store_staff(call->desk->store, name, &number, role, &one_time);
	if (old == NULL)
		return err_set(err, "no such staff member");
	free(old);
	return hash_password(password, hash, err) &&
	       store_staff_put(call->desk->store, name, role, hash, false, err) &&
	       store_audit(call->desk->store, call->now, "staff.password", name,
		   strlen(name), err);
}

static bool
run_password(struct verb_call *call, struct err *err)
{
	const char *password = verb_text(call, "password");
	int64_t number = json_integer_value(json_object_get(call->args, "staff"));
	char key[32], *name;
	bool good;

	if (password == NULL || strlen(password) < PASSWORD_LEAST ||
	    strlen(password) > PASSWORD_MOST)
		return err_set(
		    err, "a password has %d to %d bytes", PASSWORD_LEAST, PASSWORD_MOST);
	if (call->actor != 0 && number != (int64_t)call->actor)
		return err_set(err, "a password is changed by its owner");
	(void)snprintf(key, sizeof key, "staff.%u", (unsigned)number);
	name = store_setting(call->desk->store, key);
	if (name == NULL)
		return err_set(err, "no such staff member");
	good = change_password(call, name, password, err);
	free(name);
	if (!good)
		return false;
	jw_object(call->out, "result");
	jw_flag(call->out, "changed", true);
	jw_end(call->out);
	return true;
}

const struct verb desk_staff_verbs[] = {
    {"staff.onetime", true, run_onetime},
    {"staff.login", false, run_login},
    {"staff.password", true, run_password},
    {0},
};
