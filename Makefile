# Countersign: everything a developer or an operator calls. `make help` lists it.

# mail-parser 1.x declares a newer Rust than it needs (see Cargo.toml): hence --ignore-rust-version everywhere.
CARGO_FLAGS := --release --locked --ignore-rust-version
# The functions of a group share one binary, named after it.
GROUPS      := accounts api background console dispatch domains inbound keys mcp operator preview uploads
LAMBDA      := target/lambda
# All that needs more than one crate, and the model check of the gate.
TESTS       := --test all --test model --test gate_properties
PYTHON      := python3
VENV        := .local/venv
TOOLS       := .local/tools
# The official client of MCP, in its pinned version.
MCP_CLIENT  := tests/mcp/node_modules/.package-lock.json
# The official JavaScript library of Standard Webhooks, in its pinned version.
VERIFIER    := tests/webhooks/node_modules/.package-lock.json
# axe, which finds what keeps people from using a page, in its pinned version.
AXE         := tests/pages/node_modules/.package-lock.json
# A provider of OpenID Connect, in its pinned version.
PROVIDER    := tests/openid/node_modules/.package-lock.json
# A mail server, in its pinned version, and its certificates.
MAIL_SERVER := tests/mail/node_modules/.package-lock.json
MAIL_ROOT   := .local/mail/root.der
STACK       := $(PYTHON) infra/local/stack.py
export PATH := $(CURDIR)/$(TOOLS)/bin:$(HOME)/.cargo/bin:$(PATH)

# A stack of its own, beside the one of `make run`.
TEST_DIR := .local/test
TEST_ENV := COUNTERSIGN_API_PORT=18080 COUNTERSIGN_AWS_PORT=14566 COUNTERSIGN_WIRE_PORT=14567 \
            COUNTERSIGN_SES_PORT=14568 COUNTERSIGN_CONTROL_PORT=14569 COUNTERSIGN_SMTP_PORT=12525 \
            COUNTERSIGN_DNS_PORT=15300 COUNTERSIGN_OPENID_ISSUER=http://127.0.0.1:14570 \
            COUNTERSIGN_PROVIDERS=http://127.0.0.1:14571 COUNTERSIGN_MAIL_SERVER=http://127.0.0.1:14572

.PHONY: help run test bench exports demo pictures deploy rehearse build build-all routes forms lint unit clients stack-test clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

run: ## build, deploy the real template to a local AWS, seed a demo organization, keep running until Ctrl-C
	@$(STACK) up --demo

exports: ## exports of what the examples name, while `make run` is up
	@$(STACK) exports

demo: ## tell the whole story in the terminal, against `make run`
	@$(PYTHON) infra/local/demo.py

pictures: $(AXE) ## photograph every page of the console into .local/pictures, while `make run` is up
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null || infra/apt.sh chromium chromium-driver
	@COUNTERSIGN_STACK=.local/stack.json node tests/pages/look.mjs --pictures .local/pictures

test: ## everything CI checks: lint, unit, conformance, contract, end-to-end, browser, corpora
	@infra/step.sh "lint" $(MAKE) --no-print-directory lint
	@infra/step.sh "build" $(MAKE) --no-print-directory build-all
	@infra/step.sh "unit, contract, conformance" $(MAKE) --no-print-directory unit
	@infra/step.sh "end-to-end on the local stack" $(MAKE) --no-print-directory stack-test
	@infra/step.sh --summary

# Symbols stay, so that a count above its gate says where it comes from. ONLY="wire cold warm webhooks agents approvers large" takes some of its parts;
# COUNTERSIGN_AGENTS_SECONDS says for how long the agents work, two minutes where it is left out.
bench: build ## AWS calls and capacity units of each operation, and instructions of what is deployed, cold and warm; webhooks that hang, a large inbox, fifty agents
	CARGO_PROFILE_DEPLOY_STRIP=none cargo build --profile deploy --locked --ignore-rust-version $(addprefix -p ,$(GROUPS)) --bins
	@command -v valgrind >/dev/null || infra/apt.sh valgrind
	@$(TEST_ENV) infra/with-stack.sh $(TEST_DIR) cargo run $(CARGO_FLAGS) -q -p tests --bin bench -- $(ONLY)

deploy: ## deploy a stage to your AWS account: STAGE=production make deploy
	@STAGE=$(STAGE) $(PYTHON) infra/deploy.py

rehearse: ## what `make deploy` does up to its first call of AWS: build, sizes, the checked template
	@$(PYTHON) infra/deploy.py --rehearse

build: ## build the functions for this machine and lay each group's binary out as target/lambda/<group>/bootstrap
	cargo build $(CARGO_FLAGS) $(addprefix -p ,$(GROUPS)) --bins
	@$(PYTHON) infra/local/layout.py target/release $(LAMBDA)

# The same with the tests in one selection of packages: another selection has other features, and would compile all again.
build-all:
	cargo build $(CARGO_FLAGS) --workspace --lib --bins $(TESTS)
	@$(PYTHON) infra/local/layout.py target/release $(LAMBDA)

routes: ## write what the code says of its routes and codes into template.yaml, events/, infra/docs and the clients
	WRITE_ROUTES=1 cargo test $(CARGO_FLAGS) -q --workspace --test all -- \
		conformance::the_gateway conformance::the_papers_name_each conformance::each_route_has_an_example \
		described::the_papers openapi::the_papers
	@$(PYTHON) shared/clients/generate.py

forms: ## keep the forms in which this code stores its records, should they be new
	WRITE_FORMS=1 cargo test $(CARGO_FLAGS) -q --workspace --lib the_forms_that_are_written

lint: $(TOOLS)/bin/cargo-deny $(VENV)/requirements.sha256 ## formatting, clippy, dependencies, templates
	git ls-files '*.rs' | xargs rustfmt --check --edition 2024
	cargo clippy $(CARGO_FLAGS) --workspace --all-targets -- -D warnings
	infra/deny.sh
	$(VENV)/bin/cfn-lint template.yaml infra/ses.yaml

unit: $(VENV)/requirements.sha256 ## tests that need no stack
	cargo test $(CARGO_FLAGS) -q --workspace --lib
	cargo test $(CARGO_FLAGS) -q --workspace --test all -- --skip stack::
	cargo test $(CARGO_FLAGS) -q --workspace --test model --test gate_properties
	cd infra/local && $(CURDIR)/$(VENV)/bin/python -m unittest -q test_roles
	cd infra && $(PYTHON) -m unittest -q test_deploy
	@$(MAKE) --no-print-directory clients

clients: ## build the clients, and test them against a small server
	@command -v npm >/dev/null || infra/apt.sh nodejs npm
	cd shared/clients/typescript && npm ci --no-audit --no-fund --silent --ignore-scripts && npm run --silent build && npm test --silent
	PYTHONPATH=shared/clients/python/src $(PYTHON) -m unittest -q shared/clients/python/tests/test_client.py

stack-test: $(VENV)/requirements.sha256 $(MCP_CLIENT) $(VERIFIER) $(AXE) $(PROVIDER) $(MAIL_SERVER) $(MAIL_ROOT) ## tests against the real template on the local stack
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null || infra/apt.sh chromium chromium-driver
	@$(VENV)/bin/python tests/corpora.py
	@$(TEST_ENV) infra/with-stack.sh $(TEST_DIR) infra/stack-tests.sh

clean: ## remove what was built and the local stack's data
	rm -rf target .local tests/mail/node_modules tests/mcp/node_modules tests/openid/node_modules tests/pages/node_modules tests/webhooks/node_modules

$(MAIL_ROOT): tests/mail/certificates.sh
	@tests/mail/certificates.sh $(@D)

$(MCP_CLIENT) $(VERIFIER) $(AXE) $(PROVIDER) $(MAIL_SERVER): tests/%/node_modules/.package-lock.json: tests/%/package-lock.json
	@command -v npm >/dev/null || infra/apt.sh nodejs npm
	cd tests/$* && npm ci --ignore-scripts --no-audit --no-fund --silent && touch node_modules/.package-lock.json

# Pinned tools, installed once. Not optimised: it runs for a second, and compiling it takes minutes.
$(TOOLS)/bin/cargo-deny:
	CARGO_PROFILE_DEV_DEBUG=0 cargo install cargo-deny --version 0.20.2 --locked --quiet --debug --root $(TOOLS)

$(VENV)/requirements.sha256: infra/local/requirements.txt
	@$(STACK) venv
