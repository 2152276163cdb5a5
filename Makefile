# SPDX-License-Identifier: Apache-2.0
# A front door to Meson: each target sets up what it needs, then does its work.
#
#   make, make build   the program, at build/botkoll
#   make run           builds and runs the demonstration; ARGS=--exit ends it by itself
#   make test          everything that CI checks, in three builds
#   make fuzz          libFuzzer, SECONDS=60 for each target
#   make kill          every role killed 200 times; CI does it 30 times
#   make analyze       clang's static analyser over src/, a quarter of an hour
#   make bench         CPU-time ratios against other programs
#   make format        clang-format over all C
#   make clean         away with what was built

SECONDS ?= 60
JOBS ?= 2

.PHONY: all build run test fuzz kill analyze bench format clean setup-build setup-test

all: build

setup-build:
	@tools/setup.sh run build

setup-test:
	@tools/setup.sh run build test

build: setup-build
	@test -f build/build.ninja || meson setup build --buildtype=release >/dev/null
	@ninja -j $(JOBS) -C build program

run: build
	@build/botkoll demo $(ARGS)

test: setup-test
	@JOBS=$(JOBS) tools/test.sh

fuzz: setup-test
	@tools/fuzz.sh $(SECONDS)

bench: build
	-@tools/setup.sh bench
	@ninja -j $(JOBS) -C build benchmarks
	@for program in build/tests/bench_*; do \
		if [ -x "$$program" ] && [ -f "$$program" ]; then "$$program" || exit 1; fi; done

kill: build setup-test
	@/usr/bin/python3 tests/system/kill.py . build/botkoll --kills 200

analyze: build setup-test
	@tools/tidy.sh . build analyze

format:
	@git ls-files '*.c' '*.h' | xargs clang-format-14 -i

clean:
	rm -rf build build-gcc build-test build-plain build-fuzz
