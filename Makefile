.PHONY: help demo preload check test bench format lint

help: ## What there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Build and run the demo; options in DEMO, as in: make demo DEMO='--port 9200'
	@scripts/setup
	@swift build -c release --product memscope-demo
	@exec "$$(swift build -c release --show-bin-path)/memscope-demo" $(DEMO)

preload: ## Build the library to preload, libMemscopePreload.so, and its engine
	@scripts/setup
	@scripts/preload

check: ## Run lint, the unit tests and one test of each other kind: three minutes
	@scripts/test check

test: ## Run every test
	@scripts/test

bench: ## Measure against the budgets and rivals; writes docs/performance.md
	@scripts/setup --tests
	@Benchmarks/run --check --write docs/performance.md

format: ## Format the Swift and C sources in place
	@git ls-files -z -co --exclude-standard '*.swift' | xargs -0 swift format --in-place --parallel
	@git ls-files -z -co --exclude-standard 'Sources/*.[ch]' 'Benchmarks/*.[ch]' | xargs -0 .venv/bin/clang-format -i

lint: ## Check format, arrows between targets, sizes and shell syntax
	@scripts/lint
