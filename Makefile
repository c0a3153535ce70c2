# The words that people type. The work is in scripts/ and CMakePresets.json.
PREFIX ?= /usr/local

.PHONY: all demo test test-long bench bench-large lint fuzz install package clean

all: # build/glucoledger
	./scripts/build release glucoledger

demo: # the whole story, on one machine
	./scripts/demo

test: # every quick test; ends with one line that counts them
	./scripts/test

test-long: # ThreadSanitizer, long fuzzing, long kill loops
	./scripts/test-long

bench: # our figures, in about two minutes; bench/compare.mjs sets the peers' beside them
	./scripts/build release glucoledger
	build/glucoledger bench curl
	build/glucoledger bench kerl
	build/glucoledger bench mam
	build/glucoledger bench pow --threads 2 --runs 50
	build/glucoledger bench attach --mwm 14 --runs 50
	build/glucoledger bench attach --mwm 9 --runs 300
	build/glucoledger bench day --mwm 9
	build/glucoledger bench day --mwm 14 --measured 24
	build/glucoledger bench quarter --mwm 9 --round-trip 0
	build/glucoledger bench quarter --mwm 1
	build/glucoledger bench quarter --mwm 9 --design tangle-ipfs
	build/glucoledger bench follow
	build/glucoledger bench beside --runs 20

bench-large: # a node over 0.1, 1 and 10 M transactions; about 20 GB of disk and an hour
	./scripts/build release glucoledger
	bench/large.mjs

lint: # clang-format, who holds which mutex, clang-tidy
	./scripts/lint

fuzz: # each fuzzer for FUZZ_SECONDS (default 60)
	./scripts/fuzz

install: all # honours PREFIX and DESTDIR
	cmake --install build --prefix "$(PREFIX)"

package: all # a Debian package in build/
	cd build && cpack

clean:
	rm -rf build build-debug build-asan build-tsan build-msan build-fuzz
