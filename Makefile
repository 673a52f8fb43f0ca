# Flash: `make help` lists what there is.
CARGO ?= cargo
PREFIX ?= /usr/local
REL := target/release

.PHONY: all demo test tools lint bless bench bench-net bench-start install clean help

all: ## Build flashc, flash-rt, flash and the runtime library (release)
	$(CARGO) build --release --workspace

demo: all ## Build, then run a multi-module program: word frequencies of this README
	$(REL)/flash run examples/wordcount/main.fl README.md

test: tools ## Run every test (fetches what only tests need: nasm, gdb, llvm, cross tools)
	$(CARGO) build --workspace
	$(CARGO) test --workspace

tools: ## Fetch the programs that only tests need, where that is possible
	sh scripts/test-tools.sh

lint: ## Formatting and clippy, warnings are errors
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings

bless: ## Rewrite the expectations of golden tests; read the diff afterwards
	FLASH_BLESS=1 $(CARGO) test -p flashc --test golden

bench: all ## Flash beside C, Go and Node: outputs compared, ratios printed
	python3 benches/run.py

bench-net: all ## HTTP servers side by side by `wrk`: Flash, Bun, Deno, Node, Go
	python3 benches/net/run.py

bench-start: all ## Start-up, cached, cold and as an executable: Flash, Bun, Deno, Node, LuaJIT, Go, C
	python3 benches/start/run.py

install: all ## Copy the programs and the runtime library below PREFIX (default /usr/local)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/flash
	install -m 755 $(REL)/flash $(REL)/flash-rt $(REL)/flashc $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(REL)/libflash_runtime.a $(DESTDIR)$(PREFIX)/lib/flash

clean: ## Remove everything that was built
	$(CARGO) clean
	rm -rf build

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12
