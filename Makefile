# SPDX-License-Identifier: Apache-2.0
# Everything starts here; the work is done by Meson and the scripts in tools/.
#
#   make run              set up, build, run the demo, leave the console open
#   make run ARGS=--exit  the same, but end after the figures
#   make test             set up, build in all ways, run all tests

ARGS =

.PHONY: build run test bench fuzz kill format clean setup

build: setup
	@tools/build.sh build

setup:
	@tools/setup.sh run build

run: build
	build/botkoll demo $(ARGS)

test:
	@tools/setup.sh run build test
	@tools/test.sh

bench: build
	@tools/bench.sh

fuzz:
	@tools/setup.sh run build test
	@tools/fuzz.sh $(ARGS)

kill: build
	tests/system/kill.py --kills 200 build/botkoll

format:
	find src tests -name '*.[ch]' | xargs clang-format -i

clean:
	rm -rf build build-asan build-clang build-fuzz ui/node_modules
