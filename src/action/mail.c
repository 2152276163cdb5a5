/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail.c -- orders as mail: one message, one recipient, one SMTP transaction (libcurl).
 *
 * What the server says decides: accepted at the end of DATA is done; 5xx is refused for
 * good; all else, no answer included, is "later". SMTP cannot tell a message that was
 * taken from one whose answer was lost, so a repeated apply sends the same bytes again
 * under the same Message-ID (mime.h).
 *
 * Everything that needs files is done in open(), before the jail: the server's address is
 * looked up and the certificates are read there. If the name does not resolve, open fails
 * and the role is started again a second later.
 *
 * Not handled: authentication (the relay knows us by address), more than one relay.
 */
#include "action/action.h"
#include "action/mime.h"
#include "base/file.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

enum { TLS_NONE, TLS_STARTTLS, TLS_ALWAYS };
enum { MESSAGE_MAX = 4 * (ORDER_BODY + ORDER_PART), CA_MAX = 4 << 20 };

struct options {
	char *server, *from, *from_name, *helo;
	int64_t port, timeout;
	int tls;
};

struct mail {
	const struct options *opt;
	CURL *curl;
	struct curl_slist *resolved;
	struct wr certificates, message;
	size_t sent; /* of message */
	char url[512];
};

#define FIELD(field) .name = #field, .offset = offsetof(struct options, field)

static const char *const tls_choices[] = {"none", "starttls", "tls", NULL};
static const char ca_path[] = "/etc/ssl/certs/ca-certificates.crt";

/* clang-format off */
static const struct conf_opt mail_options[] = {
	{FIELD(server), .type = CONF_TEXT, .preset_text = "127.0.0.1", .help = "mail relay that takes our messages"},
	{FIELD(port), .type = CONF_INT, .preset = 25, .min = 1, .max = 65535, .help = "its port"},
	{FIELD(from), .type = CONF_TEXT, .preset_text = "abuse@localhost", .help = "sender's address, in envelope and header"},
	{FIELD(from_name), .type = CONF_TEXT, .help = "sender's name"},
	{FIELD(helo), .type = CONF_TEXT, .preset_text = "localhost", .help = "how we greet the relay"},
	{FIELD(tls), .type = CONF_CHOICE, .choices = tls_choices, .help = "protection of the connection"},
	{FIELD(timeout), .type = CONF_DURATION, .preset = 60e6, .min = 1e6, .max = 600e6, .help = "for one whole message"},
	{.type = CONF_END},
};
/* clang-format on */

static bool
resolve(struct mail *m, struct err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
	char host[NI_MAXHOST], entry[sizeof host + 300];
	int rc = getaddrinfo(m->opt->server, NULL, &hints, &list);

	if (rc != 0)
		return err_set(
		    err, "mail server %s: %s", m->opt->server, gai_strerror(rc));
	rc = getnameinfo(
	    list->ai_addr, list->ai_addrlen, host, sizeof host, NULL, 0, NI_NUMERICHOST);
	freeaddrinfo(list);
	if (rc != 0)
		return err_set(
		    err, "mail server %s: %s", m->opt->server, gai_strerror(rc));
	(void)snprintf(
	    entry, sizeof entry, "+%s:%d:%s", m->opt->server, (int)m->opt->port, host);
	m->resolved = curl_slist_append(NULL, entry);
	return true;
}

static size_t
give(char *out, size_t size, size_t count, void *ctx)
{
	struct mail *m = ctx;
	size_t n = m->message.size - m->sent;

	n = n < size * count ? n : size * count;
	if (n > 0)
		memcpy(out, m->message.bytes + m->sent, n);
	m->sent += n;
	return n;
}

static void
set_up_tls(struct mail *m)
{
	struct curl_blob blob = {
	    m->certificates.bytes, m->certificates.size, CURL_BLOB_NOCOPY};

	if (m->opt->tls == TLS_NONE)
		return;
	(void)curl_easy_setopt(m->curl, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	(void)curl_easy_setopt(m->curl, CURLOPT_CAINFO_BLOB, &blob);
}

static void
set_up(struct mail *m)
{
	const struct options *o = m->opt;

	(void)snprintf(m->url, sizeof m->url, "%s://%s:%d/%s",
	    o->tls == TLS_ALWAYS ? "smtps" : "smtp", o->server, (int)o->port, o->helo);
	(void)curl_easy_setopt(m->curl, CURLOPT_URL, m->url);
	(void)curl_easy_setopt(m->curl, CURLOPT_RESOLVE, m->resolved);
	(void)curl_easy_setopt(m->curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	(void)curl_easy_setopt(m->curl, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(m->curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(m->curl, CURLOPT_UPLOAD, 1L);
	(void)curl_easy_setopt(m->curl, CURLOPT_FORBID_REUSE, 1L);
	(void)curl_easy_setopt(m->curl, CURLOPT_TIMEOUT_MS, (long)(o->timeout / 1000));
	(void)curl_easy_setopt(m->curl, CURLOPT_MAIL_FROM, o->from);
	(void)curl_easy_setopt(m->curl, CURLOPT_READFUNCTION, give);
	(void)curl_easy_setopt(m->curl, CURLOPT_READDATA, m);
	set_up_tls(m);
}

static void
mail_close(void *self)
{
	struct mail *m = self;

	if (m->curl != NULL)
		curl_easy_cleanup(m->curl);
	curl_slist_free_all(m->resolved);
	wr_fini(&m->certificates);
	wr_fini(&m->message);
	free(m);
}

static void *
mail_open(const void *options, struct err *err)
{
	struct mail *m = xcalloc(1, sizeof *m);
	bool good;

	m->opt = options;
	wr_init(&m->message, MESSAGE_MAX);
	wr_init(&m->certificates, CA_MAX);
	good = mime_address_valid(m->opt->from) ||
	       err_set(err, "mail: from \"%s\" is no mail address", m->opt->from);
	good = good && resolve(m, err);
	if (good && m->opt->tls != TLS_NONE)
		good = file_read(ca_path, &m->certificates, err);
	if (good && (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
			(m->curl = curl_easy_init()) == NULL))
		good = err_set(err, "mail: libcurl does not start");
	if (!good) {
		mail_close(m);
		return NULL;
	}
	set_up(m);
	return m;
}

static bool
mail_prepare(void *self, const struct order *order, struct err *err)
{
	(void)self;
	if (!mime_address_valid(order->target))
		return err_set(err, "no usable mail address");
	if (order->subject[0] == 0 || order->body[0] == 0)
		return err_set(err, "a message without subject or text");
	return true;
}

static enum outcome
judge(struct mail *m, CURLcode rc, struct err *err)
{
	long code = 0;

	if (rc == CURLE_OK)
		return OUTCOME_DONE;
	(void)curl_easy_getinfo(m->curl, CURLINFO_RESPONSE_CODE, &code);
	(void)err_set(err, "%s (last answer %ld)", curl_easy_strerror(rc), code);
	return code >= 500 && code <= 599 ? OUTCOME_REFUSED : OUTCOME_LATER;
}

static enum outcome
mail_apply(void *self, const struct order *order, struct err *err)
{
	struct mail *m = self;
	const struct mime_sender sender = {m->opt->from, m->opt->from_name};
	struct curl_slist *to = curl_slist_append(NULL, order->target);
	CURLcode rc;

	wr_reset(&m->message);
	mime_write(order, &sender, &m->message);
	m->sent = 0;
	(void)curl_easy_setopt(m->curl, CURLOPT_MAIL_RCPT, to);
	rc = curl_easy_perform(m->curl);
	(void)curl_easy_setopt(m->curl, CURLOPT_MAIL_RCPT, NULL);
	curl_slist_free_all(to);
	return judge(m, rc, err);
}

/* Whether a message still lies in the subscriber's mailbox cannot be asked. */
static enum outcome
mail_verify(void *self, const struct order *order, struct err *err)
{
	(void)self;
	(void)order;
	(void)err;
	return OUTCOME_DONE;
}

/* A message cannot be taken back; a correction is a message of its own. */
static enum outcome
mail_undo(void *self, const struct order *order, struct err *err)
{
	(void)self;
	(void)order;
	(void)err_set(err, "a message cannot be taken back");
	return OUTCOME_REFUSED;
}

const struct action action_mail = {
    .kind = "mail",
    .summary = "notices by mail, through one relay",
    .options = mail_options,
    .options_size = sizeof(struct options),
    .open = mail_open,
    .prepare = mail_prepare,
    .apply = mail_apply,
    .verify = mail_verify,
    .undo = mail_undo,
    .close = mail_close,
};
