/* SPDX-License-Identifier: Apache-2.0 */
/* pages.h -- the console's pages (ui/), which the build puts into the binary. */
#ifndef WEB_PAGES_H
#define WEB_PAGES_H

#include "web/http.h"

#include <stdbool.h>

/* Replies with the file at the request's path, or with the page itself for the paths of
 * its views ("/", "/cases/..."); false if there is nothing. */
bool pages_serve(struct http_request *request);

#endif
