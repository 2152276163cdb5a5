/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_mail.c -- `botkoll report mail MAILDIR`: one mail on stdin, from an MTA's pipe.
 *
 * The mail is put into a Maildir that the daemon watches (reports: type: maildir):
 * written to tmp/, synced, renamed into new/ (D. J. Bernstein's rule), so that the daemon
 * sees it whole or not at all and need not run meanwhile. Whatever fails ends with 75
 * (EX_TEMPFAIL of sysexits.h): the MTA keeps the mail and tries again.
 *
 * Not parsed here: this runs as the MTA's user, and a stranger's bytes are for intake.
 */
#include "cmd/report_mail.h"

#include "base/clock.h"
#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

enum { NAME = 128, BUFFER = 65536 };
#define MAIL_MOST (INT64_C(256) << 20)

static bool
make_folders(int maildir, struct err *err)
{
	static const char *const folders[] = {"tmp", "new", "cur"};

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (mkdirat(maildir, folders[i], 0770) < 0 && errno != EEXIST)
			return err_errno(err, "make %s", folders[i]);
	return true;
}

static bool
write_all(int fd, const char *bytes, size_t size, struct err *err)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "write the mail");
		bytes += n;
		size -= (size_t)n;
	}
	return true;
}

static bool
copy(int from, int to, struct err *err)
{
	char bytes[BUFFER];
	int64_t total = 0;
	ssize_t n;

	while ((n = read(from, bytes, sizeof bytes)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "read the mail");
		total += n;
		if (total > MAIL_MOST)
			return err_set(err, "the mail is larger than 256 MiB");
		if (!write_all(to, bytes, (size_t)n, err))
			return false;
	}
	return total > 0 || err_set(err, "no mail came on standard input");
}

static bool
name_it(char name[NAME], struct err *err)
{
	struct clock wall;
	uint64_t drawn;

	clock_init(&wall, CLOCK_WALL);
	if (getrandom(&drawn, sizeof drawn, 0) != (ssize_t)sizeof drawn)
		return err_errno(err, "draw a name");
	(void)snprintf(name, NAME, "%" PRId64 ".R%016" PRIx64 "P%ld.botkoll",
	    clock_now(&wall) / 1000000, drawn, (long)getpid());
	return true;
}

/* Into tmp, and only when it is safe on the disk into new. */
static bool
deliver(int maildir, int from, struct err *err)
{
	char name[NAME], tmp[NAME + 8], new[NAME + 8];
	bool good;
	int fd;

	if (!make_folders(maildir, err) || !name_it(name, err))
		return false;
	(void)snprintf(tmp, sizeof tmp, "tmp/%s", name);
	(void)snprintf(new, sizeof new, "new/%s", name);
	fd = openat(maildir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0)
		return err_errno(err, "make %s", tmp);
	good = copy(from, fd, err);
	if (good && fsync(fd) < 0)
		good = err_errno(err, "sync the mail");
	if (close(fd) < 0 && good)
		good = err_errno(err, "close the mail");
	if (good && renameat(maildir, tmp, maildir, new) < 0)
		good = err_errno(err, "move the mail into new");
	if (!good)
		(void)unlinkat(maildir, tmp, 0);
	return good;
}

static int
mail_run(const struct command_call *call)
{
	struct err err;
	int maildir;
	bool good;

	if (call->count != 1)
		return command_misuse(call, "say which Maildir the daemon watches");
	maildir = open(call->operands[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	good = maildir >= 0 || err_errno(&err, "open %s", call->operands[0]);
	good = good && deliver(maildir, STDIN_FILENO, &err);
	if (maildir >= 0)
		(void)close(maildir);
	return good ? STATUS_DONE : command_fail(call, EX_TEMPFAIL, "%s", err.text);
}

const struct command command_report_mail = {
    .name = "mail",
    .summary = "hand one mail on standard input to the daemon",
    .operands = "MAILDIR",
    .help =
	"For an MTA's pipe, as in /etc/aliases: abuse: \"|/usr/bin/botkoll report mail\n"
	"/var/spool/botkoll/abuse\". The directory is an entry of `reports` of type\n"
	"maildir. Exit status 75 where the mail could not be kept: the MTA tries again.",
    .run = mail_run,
};
