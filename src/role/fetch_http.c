/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_http.c -- HTTPS by libcurl: one question, one answer, into a document or memory.
 *
 * The certificate is verified against the authorities read before the jail, TLS is 1.2 at
 * least, no proxy, no cookies, no decompression (a document is kept as it came). We
 * follow redirects ourselves: to https only, five at most, never for a POST; user,
 * password and secret header go to the configured host alone.
 *
 * Names: a jailed process can read no /etc/hosts. What the configured name means is
 * looked up before the jail; afterwards DNS is asked anew for each transfer, and where it
 * does not know, the last answer stands.
 *
 * Not handled: proxies, client certificates, HTTP authentication other than Basic.
 */
#include "base/file.h"
#include "base/mem.h"
#include "role/fetch.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { REDIRECTS = 5, AUTHORITIES_MAX = 4 << 20, ADDRESSES = 4 };
enum { RETRY_MOST = 86400 };

/* ---- names */

/* "192.0.2.1,[2001:db8::1]"; false: none. */
static bool
look_up(const char *host, char *out, size_t room)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
	size_t used = 0;
	int count = 0;

	if (getaddrinfo(host, NULL, &hints, &list) != 0)
		return false;
	for (struct addrinfo *a = list; a != NULL && count < ADDRESSES; a = a->ai_next) {
		char text[NI_MAXHOST];
		bool six = a->ai_family == AF_INET6;

		if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, NULL, 0,
			NI_NUMERICHOST) != 0 ||
		    used + strlen(text) + 4 > room)
			continue;
		used += (size_t)snprintf(out + used, room - used, "%s%s%s%s",
		    count > 0 ? "," : "", six ? "[" : "", text, six ? "]" : "");
		count++;
	}
	freeaddrinfo(list);
	return count > 0;
}

static struct fetch_host *
host_slot(struct fetch *f, const char *host)
{
	for (size_t i = 0; i < FETCH_HOSTS; i++)
		if (strcmp(f->hosts[i].host, host) == 0 || f->hosts[i].host[0] == 0)
			return &f->hosts[i];
	return &f->hosts[FETCH_HOSTS - 1]; /* the first is the configured one */
}

static const char *
addresses_of(struct fetch *f, const char *host)
{
	struct fetch_host *slot = host_slot(f, host);
	char found[FETCH_TEXT];

	if (look_up(host, found, sizeof found)) {
		(void)snprintf(slot->host, sizeof slot->host, "%s", host);
		memcpy(slot->addresses, found, sizeof found);
	}
	return strcmp(slot->host, host) == 0 ? slot->addresses : NULL;
}

struct place_of_url {
	char scheme[16], host[FETCH_TEXT], port[8];
};

static bool
take_url_apart(const char *url, struct place_of_url *out)
{
	CURLU *u = curl_url();
	char *scheme = NULL, *host = NULL, *port = NULL;
	bool good =
	    u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	    strlen(scheme) < sizeof out->scheme && strlen(host) < sizeof out->host &&
	    strlen(port) < sizeof out->port;

	if (good) {
		(void)strcpy(out->scheme, scheme);
		(void)strcpy(out->host, host);
		(void)strcpy(out->port, port);
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
	return good;
}

/* ---- what all transfers have */

/* Called by libcurl at least once a second: the parent must be heard. */
static int
progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	fetch_serve(ctx, 0);
	return 0;
}

static bool
set_addresses(struct fetch *f, CURL *curl, const char *url, struct err *err)
{
	struct place_of_url where;
	const char *addresses;
	char entry[3 * FETCH_TEXT];
	struct curl_slist *list;

	if (!take_url_apart(url, &where))
		return err_set(err, "an URL that does not read");
	addresses = addresses_of(f, where.host);
	if (addresses == NULL)
		return err_set(err, "%s has no address", where.host);
	(void)snprintf(
	    entry, sizeof entry, "%s:%s:%s", where.host, where.port, addresses);
	list = curl_slist_append(NULL, entry);
	(void)curl_easy_setopt(curl, CURLOPT_RESOLVE, list);
	(void)curl_easy_setopt(curl, CURLOPT_PRIVATE, list); /* freed by the caller */
	return true;
}

bool
fetch_set_up(struct fetch *f, CURL *curl, const char *url, struct err *err)
{
	struct curl_blob blob = {
	    f->authorities.bytes, f->authorities.size, CURL_BLOB_NOCOPY};

	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "botkoll/" BOTKOLL_VERSION);
	(void)curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
	(void)curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	(void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	(void)curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	(void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)((f->conf->timeout < 30000000 ? f->conf->timeout : 30000000) / 1000));
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(f->conf->timeout / 1000));
	(void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	(void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, progress);
	(void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, f);
	return set_addresses(f, curl, url, err);
}

bool
fetch_http_warm(struct fetch *f, struct err *err)
{
	struct place_of_url where;

	wr_init(&f->authorities, AUTHORITIES_MAX);
	if (!file_read(f->conf->ca_file, &f->authorities, err))
		return false;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    (f->curl = curl_easy_init()) == NULL)
		return err_set(err, "libcurl does not start");
	/* No address now may be one later: DNS is asked again. */
	if (take_url_apart(f->conf->url, &where))
		(void)addresses_of(f, where.host);
	if (f->conf->type == FETCH_SHADOWSERVER && f->conf->download != NULL &&
	    take_url_apart(f->conf->download, &where))
		(void)addresses_of(f, where.host);
	return true;
}

/* ---- one transfer */

struct transfer {
	struct fetch *fetch;
	const struct fetch_ask *ask;
	struct fetch_reply *reply;
	struct digest digest;
	CURL *curl;
	struct err *err;
	bool stopped; /* by us; err says why */
};

static size_t
take_body(char *bytes, size_t size, size_t count, void *ctx)
{
	struct transfer *t = ctx;
	size_t n = size * count;
	long status = 0;
	bool good;

	(void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		return n; /* what an error looks like is nobody's concern */
	t->reply->size += n;
	if (t->reply->size > (uint64_t)t->fetch->conf->size)
		good = err_set(t->err, "larger than %lld bytes (size)",
		    (long long)t->fetch->conf->size);
	else if (t->ask->text != NULL) {
		wr_put(t->ask->text, bytes, n);
		good = !t->ask->text->bad ||
		       err_set(t->err, "larger than %zu bytes", t->ask->text->limit);
	} else
		good = fetch_write(t->fetch, bytes, n, t->err);
	crypto_generichash_update(&t->digest.state, (const uint8_t *)bytes, n);
	t->stopped = !good;
	return good ? n : 0;
}

static void
take_header(CURL *curl, const char *name, char out[FETCH_TEXT])
{
	struct curl_header *h;

	out[0] = 0;
	if (curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK &&
	    strlen(h->value) < FETCH_TEXT)
		(void)strcpy(out, h->value);
}

static void
set_body(const struct fetch_ask *ask, CURL *curl)
{
	if (ask->body == NULL)
		return;
	(void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, ask->body);
	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(ask->body));
}

/* Who may hear the secret: scheme, host and port of the configuration. */
static bool
is_origin(const struct fetch *f, const char *url)
{
	struct place_of_url ours, theirs;

	return take_url_apart(f->conf->url, &ours) && take_url_apart(url, &theirs) &&
	       strcmp(ours.scheme, theirs.scheme) == 0 &&
	       strcasecmp(ours.host, theirs.host) == 0 &&
	       strcmp(ours.port, theirs.port) == 0;
}

static struct curl_slist *
with_secrets(const struct fetch *f, struct curl_slist *headers, CURL *curl)
{
	const struct config_fetch *c = f->conf;
	char line[FETCH_SECRET + FETCH_TEXT];

	if (f->password[0] == 0 || c->type == FETCH_SHADOWSERVER)
		return headers;
	if (c->auth_header != NULL) {
		(void)snprintf(line, sizeof line, "%s: %s", c->auth_header, f->password);
		headers = curl_slist_append(headers, line);
		sodium_memzero(line, sizeof line);
	} else if (c->user != NULL) {
		(void)curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		(void)curl_easy_setopt(curl, CURLOPT_USERNAME, c->user);
		(void)curl_easy_setopt(curl, CURLOPT_PASSWORD, f->password);
	}
	return headers;
}

/* Headers of the question, copied: the secret one goes to the origin alone. */
static struct curl_slist *
set_headers(const struct fetch *f, const struct fetch_ask *ask, const char *url)
{
	struct curl_slist *all = NULL;

	for (struct curl_slist *h = ask->headers; h != NULL; h = h->next)
		all = curl_slist_append(all, h->data);
	if (is_origin(f, url))
		all = with_secrets(f, all, f->curl);
	(void)curl_easy_setopt(f->curl, CURLOPT_HTTPHEADER, all);
	return all;
}

static CURLcode
perform(struct fetch *f, struct transfer *t, const char *url)
{
	struct curl_slist *headers, *resolved = NULL;
	CURLcode rc;

	curl_easy_reset(f->curl);
	if (!fetch_set_up(f, f->curl, url, t->err)) {
		t->stopped = true;
		return CURLE_COULDNT_RESOLVE_HOST;
	}
	headers = set_headers(f, t->ask, url);
	set_body(t->ask, f->curl);
	(void)curl_easy_setopt(f->curl, CURLOPT_PROTOCOLS_STR, "https");
	(void)curl_easy_setopt(f->curl, CURLOPT_WRITEFUNCTION, take_body);
	(void)curl_easy_setopt(f->curl, CURLOPT_WRITEDATA, t);
	rc = curl_easy_perform(f->curl);
	(void)curl_easy_getinfo(f->curl, CURLINFO_PRIVATE, (char **)&resolved);
	(void)curl_easy_setopt(f->curl, CURLOPT_RESOLVE, NULL);
	(void)curl_easy_setopt(f->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	curl_slist_free_all(resolved);
	return rc;
}

/* Where to instead; false: nowhere, or not there. */
static bool
redirected(struct fetch *f, const struct fetch_ask *ask, char **url, struct err *err)
{
	char *to = NULL;

	(void)curl_easy_getinfo(f->curl, CURLINFO_REDIRECT_URL, &to);
	if (to == NULL || ask->body != NULL || strncmp(to, "https://", 8) != 0)
		return err_set(err, "the server sends us to something else than https");
	to = xstrdup(to);
	free(*url);
	*url = to;
	return true;
}

static bool
judge(struct fetch *f, const struct transfer *t, CURLcode rc, struct err *err)
{
	curl_off_t wait = 0;

	if (t->stopped)
		return false;
	if (rc != CURLE_OK)
		return err_set(err, "%s", curl_easy_strerror(rc));
	if (t->reply->status == 200 || t->reply->status == 304)
		return true;
	(void)curl_easy_getinfo(f->curl, CURLINFO_RETRY_AFTER, &wait);
	f->retry_after = wait > 0 ? (wait < RETRY_MOST ? wait : RETRY_MOST) * 1000000 : 0;
	return err_set(err, "the server answers %ld", t->reply->status);
}

/* The last part of the path, without the question behind it. */
static void
name_of(const char *url, char out[FETCH_TEXT])
{
	size_t end = strcspn(url, "?#"), begin = end;

	while (begin > 0 && url[begin - 1] != '/')
		begin--;
	(void)snprintf(out, FETCH_TEXT, "%.*s", (int)(end - begin), url + begin);
}

bool
fetch_http(struct fetch *f, const struct fetch_ask *ask, struct fetch_reply *reply,
    struct err *err)
{
	struct transfer t = {f, ask, reply, .curl = f->curl, .err = err};
	char *url = xstrdup(ask->url);
	bool good = true;
	CURLcode rc = CURLE_OK;

	for (int i = 0; good && i <= REDIRECTS; i++) {
		memset(reply, 0, sizeof *reply);
		digest_init(&t.digest);
		rc = perform(f, &t, url);
		(void)curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &reply->status);
		if (t.stopped || rc != CURLE_OK || reply->status / 100 != 3 ||
		    reply->status == 304)
			break;
		good = redirected(f, ask, &url, err);
	}
	name_of(url, reply->name);
	free(url);
	good = good && judge(f, &t, rc, err);
	take_header(f->curl, "ETag", reply->etag);
	take_header(f->curl, "Last-Modified", reply->modified);
	take_header(f->curl, "X-TAXII-Date-Added-Last", reply->added_last);
	reply->digest = digest_id(&t.digest);
	return good;
}

/* What is wrong with it is not told: the words of a server may hold our key. */
json_t *
fetch_read_json(const struct wr *text, struct err *err)
{
	struct err inner;
	json_t *value = json_read((const char *)text->bytes, text->size, &inner);

	if (value == NULL)
		(void)err_set(err, "the answer is no JSON");
	return value;
}

json_t *
fetch_json(
    struct fetch *f, struct fetch_ask *ask, struct fetch_reply *reply, struct err *err)
{
	struct wr text;
	json_t *value = NULL;

	wr_init(&text, FETCH_JSON);
	ask->text = &text;
	if (fetch_http(f, ask, reply, err))
		value = fetch_read_json(&text, err);
	ask->text = NULL;
	wr_fini(&text);
	return value;
}
