/* SPDX-License-Identifier: Apache-2.0 */
/* pages.c -- see pages.h. */
#include "web/pages.h"

#include "base/embedded.h"

extern const struct embedded ui_files[];

static const char *
media_type(const char *path)
{
	static const struct {
		const char *ending, *type;
	} types[] = {{".html", "text/html; charset=utf-8"},
	    {".js", "text/javascript; charset=utf-8"},
	    {".css", "text/css; charset=utf-8"}, {".svg", "image/svg+xml"},
	    {".json", "application/json"}};
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot != NULL && i < sizeof types / sizeof *types; i++)
		if (strcmp(dot, types[i].ending) == 0)
			return types[i].type;
	return "application/octet-stream";
}

bool
pages_serve(struct http_request *request)
{
	const char *path = http_path(request);
	const struct embedded *file;

	if (strchr(path, '.') == NULL && strncmp(path, "/api/", 5) != 0)
		path = "/index.html";
	file = embedded_find(ui_files, path + 1);
	if (file == NULL)
		return false;
	http_reply_static(request, media_type(path), file->bytes, file->size);
	return true;
}
