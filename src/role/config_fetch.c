/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_fetch.c -- one entry of `fetch` in botkoll.yaml: its options, and what must hold
 * between them. Nothing goes over the network unprotected: URLs are https, imaps, or imap
 * with STARTTLS, which is then demanded. Secrets stand in files, never in here: what is
 * in the configuration is printed by `botkoll check`.
 */
#include "role/config.h"

#include <string.h>

#define FIELD(field) .name = #field, .offset = offsetof(struct config_fetch, field)
#define REPORT(field)                                                                    \
	.name = #field, .offset = offsetof(struct config_fetch, report.field)

static const char *const type_choices[] = {
    "url", "misp", "taxii", "shadowserver", "imap", NULL};

/* clang-format off */
const struct conf_opt config_fetch_rows[] = {
	{REPORT(name), .type = CONF_TEXT, .required = true, .help = "source named in sightings: lower-case letters, digits, - and _"},
	{FIELD(type), .type = CONF_CHOICE, .choices = type_choices, .help = "how it is fetched: a document, a MISP feed directory, a TAXII 2.1 collection, Shadowserver's API, a mailbox"},
	{FIELD(url), .type = CONF_TEXT, .required = true, .help = "where it is: https://, for mailboxes imaps:// or imap:// (with STARTTLS)"},
	{FIELD(user), .type = CONF_TEXT, .help = "user name, where one is asked for"},
	{FIELD(password_file), .type = CONF_TEXT, .help = "file with the password, readable by its owner alone; for Shadowserver the lines key = and secret ="},
	{FIELD(auth_header), .type = CONF_TEXT, .help = "the password goes into this header as it is, as in Auth-Key"},
	{FIELD(ca_file), .type = CONF_TEXT, .preset_text = "/etc/ssl/certs/ca-certificates.crt", .help = "authorities that may vouch for the server, PEM"},
	{FIELD(every), .type = CONF_DURATION, .preset = 3600e6, .min = 1e6, .max = 7 * 86400e6, .help = "time between two looks; a tenth is left to chance"},
	{FIELD(timeout), .type = CONF_DURATION, .preset = 300e6, .min = 1e6, .max = 3600e6, .help = "for one document"},
	{FIELD(size), .type = CONF_INT, .preset = 256e6, .min = 1, .max = 4e9, .help = "bytes of the largest document that is taken"},
	{FIELD(backlog), .type = CONF_INT, .preset = 1000, .min = 1, .max = 1e6, .help = "documents that may wait for intake; then nothing more is fetched"},
	{FIELD(limit), .type = CONF_INT, .preset = 1000, .min = 1, .max = 1e5, .help = "taxii, shadowserver: entries asked for at once"},
	{FIELD(days), .type = CONF_INT, .preset = 7, .min = 1, .max = 90, .help = "shadowserver: days back that are looked through"},
	{FIELD(types), .type = CONF_TEXTS, .help = "taxii: types of object; shadowserver: types of report; by default all"},
	{FIELD(collection), .type = CONF_TEXT, .help = "taxii: id, alias or title, where url names none"},
	{FIELD(download), .type = CONF_TEXT, .preset_text = "https://dl.shadowserver.org/", .help = "shadowserver: where reports lie; null: asked for through the API"},
	{FIELD(folder), .type = CONF_TEXT, .preset_text = "INBOX", .help = "imap: folder that reports come into"},
	{FIELD(done), .type = CONF_TEXT, .help = "imap: folder that what was taken in is moved to; by default it is marked as seen, and what is seen is left alone"},
	{REPORT(delta), .type = CONF_FLAG, .help = "holds differences on most days (Shadowserver's delta mode): its daily counts do not compare"},
	{REPORT(format), .type = CONF_TEXT, .help = "format; by default recognised"},
	{REPORT(realm), .type = CONF_TEXT, .help = "realm of the addresses; by default the first"},
	{REPORT(grade), .type = CONF_CHOICE, .choices = config_grade_choices, .help = "how far it is believed; format: Shadowserver files A, all else C"},
	{REPORT(answer), .type = CONF_TEXTS, .help = "what reporters are told by mail: received, forwarded, too-old, not-ours, needs-port"},
	{REPORT(ground), .type = CONF_SECTION, .rows = config_ground_rows, .size = sizeof(struct config_ground), .help = "the legal ground for the class report"},
	{.type = CONF_END},
};
/* clang-format on */

enum { NAME_MAX_ = 40 };

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* It becomes the name of a directory. */
static bool
name_sound(const char *name)
{
	return name[0] != 0 && strlen(name) <= NAME_MAX_ &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == strlen(name);
}

static bool
check_url(const struct config_fetch *f, struct err *err)
{
	bool mailbox = f->type == FETCH_IMAP;
	const char *host = strstr(f->url, "://");

	if (mailbox && !begins(f->url, "imaps://") && !begins(f->url, "imap://"))
		return err_set(err,
		    "fetch \"%s\": the url of a mailbox is imaps:// or imap://",
		    f->report.name);
	if (!mailbox && !begins(f->url, "https://"))
		return err_set(err, "fetch \"%s\": the url must begin with https://",
		    f->report.name);
	if (strspn(f->url, " \t\r\n") > 0 || strpbrk(f->url, " \t\r\n\"\\") != NULL)
		return err_set(err, "fetch \"%s\": the url holds a blank or a quote",
		    f->report.name);
	host += 3;
	if (memchr(host, '@', strcspn(host, "/?#")) != NULL)
		return err_set(err,
		    "fetch \"%s\": user and password do not belong into the url; see "
		    "user "
		    "and password_file",
		    f->report.name);
	return true;
}

bool
config_fetch_check(const struct config_fetch *f, struct err *err)
{
	if (!name_sound(f->report.name))
		return err_set(err,
		    "fetch \"%s\": a name is 1 to %d of a-z, 0-9, - and _, since a "
		    "directory is called so",
		    f->report.name, NAME_MAX_);
	if (!check_url(f, err))
		return false;
	if (f->type == FETCH_SHADOWSERVER && f->password_file == NULL)
		return err_set(err,
		    "fetch \"%s\": Shadowserver asks for a key; give password_file",
		    f->report.name);
	if (f->password_file != NULL && f->user == NULL && f->auth_header == NULL &&
	    f->type != FETCH_SHADOWSERVER)
		return err_set(err,
		    "fetch \"%s\": password_file is for nobody; give user or auth_header",
		    f->report.name);
	if (f->type == FETCH_IMAP && (f->user == NULL || f->password_file == NULL))
		return err_set(err,
		    "fetch \"%s\": a mailbox asks for user and password_file",
		    f->report.name);
	if (f->type == FETCH_SHADOWSERVER && f->download != NULL &&
	    !begins(f->download, "https://"))
		return err_set(err, "fetch \"%s\": download must begin with https://",
		    f->report.name);
	return true;
}
