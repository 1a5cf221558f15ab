"""Starts the demo and reads every format that it serves with the standard program for that format.

usage: live_formats.py DEMO

Prints a line for each check that failed, and "N passed, N failed".
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from urllib.parse import quote

from demo_server import Server
from openapi_spec_validator import validate
from schemas import problems

# Parameters a route cannot do without, and the bodies of the routes that act.
REQUIRED = {"/api/diff": "?from=formats"}
BODIES = {"/api/snapshots": {"name": "formats"}, "/api/mark": {"name": "formats"}, "/api/mode": {"mode": "full"}}


def run(*command: str, text: str = "") -> str:
    """Output of a program that has to succeed."""
    # pprof keeps what it fetched, by default in the user's home.
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"PPROF_TMPDIR": folder}
        outcome = subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=60, env=environment)
    assert outcome.returncode == 0, f"{command[0]} ended with {outcome.returncode}: {outcome.stdout}{outcome.stderr}"
    return outcome.stdout + outcome.stderr


def promise_of(operation: dict) -> tuple[int, str, str | None]:
    """The status, the media type and the schema, if any, of a route's answer."""
    status, response = next((int(key), value) for key, value in operation["responses"].items() if key != "default")
    media_type, content = next(iter(response["content"].items()))
    # Where the heap cannot be looked at, an answer says so in place of data; in the demo it can.
    schema = content["schema"].get("oneOf", [content["schema"]])[0]
    reference = schema.get("$ref")
    return status, media_type, reference.rsplit("/", 1)[1] if reference else None


def fill(server: Server, path: str) -> str:
    """A path with something that is there in the place of its parameters."""
    if "{addr}" in path:
        path = path.replace("{addr}", some_addresses(server)[0])
    if "{name}" in path:
        types = json.loads(server.ask("/api/types")[2])["data"]["types"]
        path = path.replace("{name}", quote(types[0]["name"], safe=""))
    if "{id}" in path:
        name = path.split("/")[2]
        rows = json.loads(server.ask(f"/api/{name}")[2])["data"][name]
        path = path.replace("{id}", str(rows[0]["id"]))
    return path


def some_addresses(server: Server) -> list[str]:
    """Addresses of blocks that leaked; the demo loses some every few seconds."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        server.ask("/api/leakscan", {})
        leaks = json.loads(server.ask("/api/leaks")[2])["data"]["leaks"]
        if addresses := [address for leak in leaks for address in leak["addresses"]]:
            return addresses
        time.sleep(1)
    raise AssertionError("the demo leaked nothing in a minute")


def check_answer(server: Server, document: dict, path: str, method: str, operation: dict):
    *promised, component = promise_of(operation)
    body = BODIES.get(path, {}) if method == "post" else None
    status, media_type, text = server.ask(fill(server, path) + REQUIRED.get(path, ""), body)
    assert [status, media_type] == promised, f"{status} {media_type} in place of {promised}: {text[:300]}"
    found = problems(document, component, json.loads(text)) if component else []
    assert not found, "; ".join(found)


def check_refusal(server: Server, document: dict, path: str):
    status, _, text = server.ask(fill(server, path) + "?nonsense=1")
    assert status == 400, f"status {status} in place of 400: {text[:300]}"
    found = problems(document, "Error", json.loads(text))
    assert not found, "; ".join(found)
    assert "nonsense" in text, f"the refusal does not name the parameter: {text}"


def check_pprof(server: Server, profile: str, report: str, kind: str):
    output = run("go", "tool", "pprof", report, "-unit=B", f"{server.url}/debug/pprof/{profile}")
    assert f"Type: {kind}" in output, output[:500]
    total = re.search(r"of (\d+)B total", output)
    assert total and int(total.group(1)) > 0, output[:500]


def check_metrics(server: Server):
    _, _, text = server.ask("/metrics")
    assert run("promtool", "check", "metrics", text=text) == ""
    live = re.search(r"^memscope_live_bytes (\d+)$", text, re.MULTILINE)
    assert live and int(live.group(1)) > 0, text[:500]


def checks(server: Server, document: dict):
    """Name and body of every check. Routes that act come first: a diff needs a snapshot."""
    yield "openapi.json is valid", lambda: validate(document)
    for method in ["post", "get"]:
        for path, operations in document["paths"].items():
            # Server-sent events never end; profiles have a check of their own.
            if method not in operations or path == "/api/events" or path.startswith("/debug/"):
                continue
            operation = operations[method]
            yield f"{method} {path}", lambda p=path, o=operation, m=method: check_answer(server, document, p, m, o)
            if method == "get" and promise_of(operation)[2] == "Answer":
                yield f"refusal by {path}", lambda p=path: check_refusal(server, document, p)
    yield "pprof heap", lambda: check_pprof(server, "heap", "-top", "inuse_space")
    yield "pprof allocs", lambda: check_pprof(server, "allocs", "-tree", "alloc_space")
    yield "metrics", lambda: check_metrics(server)


def main() -> int:
    server = Server(sys.argv[1])
    passed = failed = 0
    try:
        # Long enough for the demo to have a heap worth reading and the timeline a second tick.
        time.sleep(2.5)
        status, _, text = server.ask("/openapi.json")
        if status != 200:
            raise SystemExit(f"formats: /openapi.json answered {status}: {text[:300]}")
        for name, check in checks(server, json.loads(text)):
            try:
                check()
                passed += 1
            except Exception as error:  # one broken format must not hide the others
                failed += 1
                print(f"{name}: {type(error).__name__}: {error}")
        if (status := server.process.poll()) is not None:
            failed += 1
            print(f"the demo ended with {status} while it was asked:\n{server.output()[-4000:]}")
    finally:
        server.stop()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
