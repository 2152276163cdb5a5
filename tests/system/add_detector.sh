#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# add_detector.sh ROOT BOTKOLL -- does what ARCHITECTURE.md promises: in a copy of the
# tree, one new file and three one-line edits make a detector, which then is configured,
# documented and fires. (BOTKOLL, the built program, makes the input.)
set -euo pipefail
root=$1 botkoll=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'echo "line $LINENO: exit status $?"' ERR
tree=$work/tree
mkdir "$tree"
(cd "$root" && tar -cf - --exclude='./build*' --exclude=./.git .) | tar -xf - -C "$tree"

# The new file.
cat >"$tree/src/detect/first_flow.c" <<'C'
/* SPDX-License-Identifier: Apache-2.0 */
/* first_flow.c -- every line that is seen at all. A test's detector. */
#include "base/mem.h"
#include "detect/detect.h"

#include <stdio.h>
#include <stdlib.h>

struct options {
	int64_t flows;
};

static const struct conf_opt first_flow_options[] = {
    {.name = "flows", .type = CONF_INT, .offset = offsetof(struct options, flows),
	.preset = 3, .min = 1, .max = 1000, .help = "flows until it fires"},
    {.type = CONF_END},
};

struct first_flow {
	int64_t wanted, seen;
};

static void *
first_flow_open(const struct detect_env *env)
{
	const struct options *opt = env->options;
	struct first_flow *f = xcalloc(1, sizeof *f);

	f->wanted = opt->flows;
	return f;
}

static void
first_flow_feed(void *self, const struct view *view, struct findings *out)
{
	struct first_flow *f = self;

	for (uint32_t i = 0; i < view->count; i++) {
		const struct event *ev = view->events[i];
		struct finding finding = {.detector = "first_flow", .line = ev->line,
		    .group = GROUP_P2P, .kind = KIND_P2P, .data_class = DATA_TRAFFIC,
		    .weight = 7.5, .first = ev->first, .last = ev->last, .count = 1};

		if (++f->seen != f->wanted)
			continue;
		(void)snprintf(finding.why, sizeof finding.why, "flow number %lld",
		    (long long)f->seen);
		finding_report(out, &finding);
	}
}

static void
first_flow_advance(void *self, int64_t now, struct findings *out)
{
	(void)self, (void)now, (void)out;
}

static void
first_flow_line_changed(void *self, const struct line_key *old, int64_t t)
{
	(void)self, (void)old, (void)t;
}

static void
first_flow_save(const void *self, struct wr *w)
{
	const struct first_flow *f = self;

	wr_u64(w, (uint64_t)f->seen);
}

static bool
first_flow_load(void *self, struct rd *r)
{
	struct first_flow *f = self;

	f->seen = (int64_t)rd_u64(r);
	return !r->bad;
}

static size_t
first_flow_memory(const void *self)
{
	(void)self;
	return sizeof(struct first_flow);
}

const struct detector detector_first_flow = {
    .name = "first_flow",
    .summary = "lines that are seen at all",
    .wants = EVENT_FLOW,
    .classes = DATA_TRAFFIC,
    .group = GROUP_P2P,
    .options = first_flow_options,
    .options_size = sizeof(struct options),
    .open = first_flow_open,
    .feed = first_flow_feed,
    .advance = first_flow_advance,
    .line_changed = first_flow_line_changed,
    .save = first_flow_save,
    .load = first_flow_load,
    .memory = first_flow_memory,
    .close = free,
};
C

# The three one-line edits.
cd "$tree/src/detect"
sed -i 's/^extern const struct detector detector_scan;/&\nextern const struct detector detector_first_flow;/' detect.h
sed -i 's/^    &detector_scan,/&\n    \&detector_first_flow,/' detect.c
sed -i "0,/'detect.c',/s//'detect.c', 'first_flow.c',/" meson.build
changed=$({ diff -r "$root/src" "$tree/src" || true; } | grep -c '^[<>]')
if [ "$changed" -gt 4 ]; then # an added line counts once, a changed line twice
	echo "more than three one-line edits"
	exit 1
fi

cd "$tree"
CC=gcc meson setup "$work/build" . --buildtype=plain -Doptimization=0 -Dwerror=true >/dev/null
ninja -C "$work/build" botkoll >"$work/log" || {
	tail -n 30 "$work/log"
	exit 1
}

fail() {
	echo "$*"
	exit 1
}
# Configured like any other: printed with its default, and range-checked.
cat >"$work/a.yaml" <<E2
directory: $work/d
realms: [{name: a, networks: 10.0.0.0/8}]
E2
"$work/build/botkoll" check -c "$work/a.yaml" | grep -A1 '^  first_flow:' | grep -q 'flows: 3' ||
	fail "check does not print its options"
printf 'detectors: {first_flow: {flows: 0}}\n' >>"$work/a.yaml"
if "$work/build/botkoll" check -q -c "$work/a.yaml" 2>"$work/err"; then fail "flows: 0 was taken"; fi
grep -q '0 is outside 1 to 1000' "$work/err" || fail "wrong sentence: $(cat "$work/err")"
# It fires, and says so.
"$botkoll" simulate -o "$work/sim" --lines 200 --days 1 --bots 5 >/dev/null 2>&1
for capture in "$work"/sim/*.pcap; do
	"$work/build/botkoll" detect --all -n 198.18.0.0/15,100.64.0.0/16,2001:db8::/32 "$capture" 2>"$work/err" ||
		[ $? -eq 1 ] || fail "detect $capture: $(cat "$work/err")"
done >"$work/found"
grep -q '"detector":"first_flow".*"why":"flow number 3"' "$work/found" || fail "it does not fire"
echo "first_flow: one file, three lines, $(grep -c first_flow "$work/found") findings"
