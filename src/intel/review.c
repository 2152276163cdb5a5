/* SPDX-License-Identifier: Apache-2.0 */
/* review.c -- see review.h. Lines are only appended: the file is the history. */
#include "intel/review.h"

#include "base/csv.h"
#include "base/file.h"
#include "base/when.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { REVIEWS_MOST = 64 << 20, LINE_ROOM = INDICATOR_NAME + 64 };

static bool
take_line(struct indicators *set, const struct csv *csv, struct err *err)
{
	size_t found;

	if (csv->count < 2)
		return err_set(err, "value, review, time are needed");
	for (int i = 0; indicator_review_names[i] != NULL; i++)
		if (strcmp(csv->fields[1], indicator_review_names[i]) == 0)
			return indicators_review(
			    set, csv->fields[0], (enum indicator_review)i, &found, err);
	return err_set(
	    err, "review \"%.40s\" is none of none, keep, retired", csv->fields[1]);
}

bool
reviews_load(struct indicators *set, const char *path, struct err *err)
{
	struct err inner;
	struct csv csv;
	struct wr text;
	size_t at = 0, line = 0;
	bool good = true;

	if (access(path, F_OK) != 0 && errno == ENOENT)
		return true;
	wr_init(&text, REVIEWS_MOST);
	if (!file_read(path, &text, err)) {
		wr_fini(&text);
		return false;
	}
	csv_init(&csv, ',');
	while (good && at < text.size) {
		size_t step =
		    csv_next(&csv, (const char *)text.bytes + at, text.size - at, true);

		at = step == 0 ? text.size : at + step;
		line++;
		if (step > 0 && !csv.broken && csv.count > 0 && csv.fields[0][0] != '\0')
			good = take_line(set, &csv, &inner);
	}
	csv_fini(&csv);
	wr_fini(&text);
	return good || err_set(err, "%.80s:%zu: %s", path, line, inner.text);
}

bool
reviews_add(const char *path, const char *value, enum indicator_review review,
    int64_t now, struct err *err)
{
	char line[LINE_ROOM], when[WHEN_TEXT];
	int size = snprintf(line, sizeof line, "%.*s,%s,%s\n", (int)INDICATOR_NAME, value,
	    indicator_review_names[review], when_text(now, when));
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	bool good;

	if (fd < 0)
		return err_errno(err, "%.160s", path);
	good = write(fd, line, (size_t)size) == size && fsync(fd) == 0;
	if (!good)
		(void)err_errno(err, "%.160s", path);
	(void)close(fd);
	return good;
}
