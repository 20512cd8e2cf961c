# The two commands that matter: `make demo` and `make test`. Everything else is a part of them.
SWIFT_FLAGS ?=
PYTHON := .venv/bin/python
# What the client tests run. The debug build is there anyway: building an optimised one as well doubles the time until
# the answer. For the shipped one: make build && make test SLIPWAY_BINARY=$(CURDIR)/.build/release/slipway
SLIPWAY_BINARY ?= $(CURDIR)/.build/debug/slipway

.PHONY: demo test build run format lint bench docs setup clean

## Installs what is needed, builds, and tells the story: a bad version is caught and rolled back.
demo: build
	.build/release/slipway demo

## Everything: unit, property and simulation tests, then the whole with real clients over real sockets.
test: setup
	swift build --build-tests $(SWIFT_FLAGS)
	Scripts/swift-test $(SWIFT_FLAGS)
	Scripts/check-docs $(SLIPWAY_BINARY)
	SLIPWAY_BINARY=$(SLIPWAY_BINARY) Scripts/client-tests

## The optimised program, at .build/release/slipway.
build: setup
	swift build -c release --product slipway --static-swift-stdlib -Xlinker -s $(SWIFT_FLAGS)

## The server on its usual port, with its data in ~/.slipway.
run: build
	.build/release/slipway serve

## Rewrites all sources the way .swift-format says.
format:
	swift format --in-place --recursive --parallel Sources Tests Package.swift

## Says what `make format` would change.
lint:
	swift format lint --strict --recursive --parallel Sources Tests Package.swift

## Compares with peers in one run; prints ratios.
bench: build
	$(PYTHON) Benchmarks/run.py

## Writes docs/support.md and docs/reference/commands.md anew from the program itself.
docs: build
	.build/release/slipway support --markdown > docs/support.md
	Scripts/make-command-reference .build/release/slipway > docs/reference/commands.md

## System packages and the Python clients used by tests and benchmarks. Quick when all is there.
setup:
	Scripts/setup

clean:
	rm -rf .build .venv
