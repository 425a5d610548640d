# Countersign: everything a developer or an operator calls. `make help` lists it.

CARGO_FLAGS := --release --locked --ignore-rust-version
# The Lambdas of each group are its binaries.
GROUPS      := api background console dispatch inbound operator
LAMBDA      := target/lambda
VENV        := .local/venv
PYTHON      := python3
export PATH := $(CURDIR)/.local/tools/bin:$(HOME)/.cargo/bin:$(PATH)

.PHONY: help run test bench demo deploy build lint clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

run: ## build, deploy the real template to a local AWS, seed a demo organization, keep running until Ctrl-C
	@$(PYTHON) infra/local/stack.py up

demo: ## tell the whole story in the terminal, against `make run`
	@$(PYTHON) infra/local/demo.py

build: ## build every Lambda for this machine and lay each out as target/lambda/<binary>/bootstrap
	cargo build $(CARGO_FLAGS) $(addprefix -p ,$(GROUPS)) --bins
	@$(PYTHON) infra/local/layout.py target/release $(LAMBDA)
