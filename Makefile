# `make help` lists what there is.  Everything happens in this checkout: a
# virtual environment in .venv, the package built in place in it.

PYTHON ?= python3
VENV   ?= .venv
RUN     = $(VENV)/bin/python

# What a build and what the tests need of a Debian-like system.  Installed
# here by root; anybody else is told the command.
BUILD_PACKAGES = gcc libc6-dev libcap-dev python3-dev python3-venv
TEST_PACKAGES  = clang clang-format clang-tidy libclang-rt-14-dev strace \
                 patchelf libseccomp-dev bubblewrap

FUZZ_SECONDS ?= 60
MINUTES      ?= 10
FUZZ_FLAGS    = -g -O1 -std=c11 -D_GNU_SOURCE -Isrc \
                -fsanitize=fuzzer,address,undefined

# Foresee all keys of dicts and sets, short as the streams are.
FUZZ_TABLES   = -DTABLE_SMALL=4 -DMOVE_SMALL=4 \
                -DKEY_TIMER_BASE=-1 -DKEY_TIMER_KEY=0

.PHONY: help demo test check build lint static interrupts asan soak docs bench fuzz machine clean
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

demo: build ## build, and make the first calls with every serializer
	@$(RUN) -m boxed doctor || test $$? -eq 1
	@$(RUN) examples/demo.py

test: build lint static ## the whole suite
	@sh -c '$(call need,$(TEST_PACKAGES))'
	tests/suite $(RUN)

check: build lint ## in a minute: lint, and tests that need no privilege
	$(RUN) -m pytest -q -m "fast and not slow" -n auto --dist worksteal

build: $(VENV)/ready ## the extension and the launcher, in place
	@BOXED_WERROR=$(CI) $(RUN) setup.py -q build_ext --inplace
	@# No guest may write it, so each would compile its part of it anew.
	@$(RUN) -m compileall -q boxed

lint: build ## formatting and static checks
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	@! command -v clang-format >/dev/null || clang-format --dry-run -Werror \
	    $$(find src tests bench fuzz -name '*.[ch]')

fuzz: build ## both fuzzers, FUZZ_SECONDS each (60), from the kept corpora
	@sh -c '$(call need,clang libclang-rt-14-dev)'
	mkdir -p build/fuzz/order build/fuzz/decoder
	clang $(FUZZ_FLAGS) -fno-sanitize-recover=all \
	    fuzz/fuzz_order.c src/launcher/order.c -o build/fuzz/fuzz_order
	build/fuzz/fuzz_order -max_len=163872 -max_total_time=$(FUZZ_SECONDS) \
	    -verbosity=0 -dict=fuzz/order.dict build/fuzz/order fuzz/corpus/order
	clang $(FUZZ_FLAGS) $(FUZZ_TABLES) -fno-sanitize-recover=undefined \
	    $$($(PYTHON)-config --includes) \
	    fuzz/fuzz_decoder.c src/extension/decoder/*.c \
	    $$($(PYTHON)-config --ldflags --embed) -lm -o build/fuzz/fuzz_decoder
	PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0 \
	    build/fuzz/fuzz_decoder -max_len=4096 -rss_limit_mb=2048 -timeout=10 \
	    -max_total_time=$(FUZZ_SECONDS) -verbosity=0 \
	    -dict=fuzz/decoder.dict build/fuzz/decoder fuzz/corpus/decoder

# What the compilers and clang-tidy say of everything in src is an error;
# .clang-tidy has the checks, and the reason for each that is off.
static: build ## warnings as errors of gcc and clang, clang-tidy
	@sh -c '$(call need,$(TEST_PACKAGES))'
	@for cc in gcc clang; do \
	    CC=$$cc BOXED_WERROR=1 $(RUN) setup.py -q build_ext \
	        --build-temp build/$$cc --build-lib build/$$cc/lib || exit 1; \
	done
	@+$(MAKE) -s --no-print-directory -j 2 $(TIDY)

SOURCES := $(shell find src -name '*.c')
HEADERS := $(shell find src -name '*.h')
TIDY    := $(SOURCES:src/%.c=build/tidy/%.ok)

build/tidy/%.ok: src/%.c $(HEADERS) .clang-tidy
	@mkdir -p $(@D)
	@include=$$($(RUN) -c 'import sysconfig as s; print(s.get_path("include"))'); \
	clang-tidy -quiet $< -- -std=c11 -D_GNU_SOURCE -Isrc \
	    -isystem "$$include" 2>$(@:.ok=.log) || \
	    { cat $(@:.ok=.log); exit 1; }
	@touch $@

interrupts: build ## at every instruction of a call, in a quarter of an hour
	BOXED_EVERY_INSTRUCTION=1 tests/suite $(RUN) tests/calls -k interrupt

asan: build ## the core suite with sanitizers; tests/asan.py says what of it
	@sh -c '$(call need,$(TEST_PACKAGES))'
	@$(RUN) tests/asan.py

soak: build ## calls of every kind for MINUTES (10); SEED=N chooses the same again
	@TESTED_ISOLATION=auto PYTHONPATH=tests/support/beside \
	    $(RUN) tests/soak/programs/soak.py --minutes $(MINUTES) \
	    $(addprefix --seed ,$(SEED)) $(addprefix --first ,$(FIRST)) \
	    $(addprefix --rounds ,$(ROUNDS)) $(addprefix --threads ,$(THREADS))

docs: build ## the documentation as HTML, in docs/_build
	$(VENV)/bin/pip install -q sphinx furo
	$(VENV)/bin/sphinx-build -W -q docs docs/_build

bench: build ## every speed against its peers, into docs/performance.rst
	@sh -c '$(call need,strace bubblewrap)'
	@$(VENV)/bin/pip install -q loky pebble || echo "without loky, pebble"
	$(RUN) -m bench --docs --json build/bench.json

machine: build ## cgroups of version 2, in an emulated machine, with Debian's kernel
	@sh -c '$(call need,qemu-system-x86)'
	$(RUN) tests/machines/boot.py

clean: ## remove what was built
	rm -rf build dist *.egg-info $(VENV) boxed/*.so boxed/python_boxed

# $(call need,packages): installs those missing, where that is possible.
define need
missing=; for p in $(1); do \
    dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
if [ -n "$$missing" ] && command -v apt-get >/dev/null; then \
    if [ "$$(id -u)" = 0 ]; then \
        echo "installing$$missing"; apt-get -qq update; \
        DEBIAN_FRONTEND=noninteractive \
            apt-get -qq install -y $$missing >/dev/null; \
    else echo "if something is missing: sudo apt-get install$$missing"; \
    fi; \
fi
endef

$(VENV)/ready: pyproject.toml setup.py
	@sh -c '$(call need,$(BUILD_PACKAGES))'
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install -q --upgrade pip "setuptools>=77" wheel
	@# Without setuptools' warning of what such an installation is.
	PYTHONWARNINGS=ignore \
	    $(RUN) -m pip install -q --no-build-isolation -e ".[test]"
	@touch $@
