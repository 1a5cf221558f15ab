"""Lets schemathesis ask the demo everything that openapi.json allows, and what it forbids, with all its checks.

usage: schema.py DEMO

Prints what failed, with a curl that shows it, and "N passed, N failed".
"""

import os
import subprocess
import sys
import tempfile

from demo_server import Server

TOKEN = "of-a-test-0123456789"
# Seed and token; a demo of its own for each.
RUNS = [(1, None), (2, None), (3, TOKEN)]
EXAMPLES = 20


def check(demo: str, seed: int, token: str | None) -> bool:
    server = Server(demo, **({"MEMSCOPE_TOKEN": token} if token else {}))
    try:
        # Hooks are found as a module; what schemathesis keeps goes where it runs.
        with tempfile.TemporaryDirectory() as folder:
            config = os.path.join(folder, "schemathesis.toml")
            open(config, "w").close()
            environment = os.environ | {"SCHEMATHESIS_HOOKS": "schema_hooks", "SCHEMA_URL": server.url,
                                        "PYTHONPATH": os.path.dirname(os.path.abspath(__file__))}
            command = [
                "schemathesis", "--config-file", config, "run", server.url + "/openapi.json", "--url", server.url,
                "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful", "--seed", str(seed),
                "--max-examples", str(EXAMPLES), "--workers", "1", "--generation-database", "none",
                # The stream of events does not end.
                "--request-timeout", "5", "--continue-on-failure", "--no-shrink", "--no-color"]
            if token:
                environment["SCHEMA_TOKEN"] = token
                command += ["--header", f"Authorization: Bearer {token}"]
            outcome = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
        lives = server.process.poll() is None
    finally:
        server.stop()
    if outcome.returncode == 0 and lives:
        return True
    print(f"seed {seed}{', with a token' if token else ''}: "
          f"status {outcome.returncode}{'' if lives else ', and the demo ended'}\n{outcome.stdout[-20_000:]}")
    return False


def main() -> int:
    results = [check(sys.argv[1], seed, token) for seed, token in RUNS]
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
