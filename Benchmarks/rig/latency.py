"""How long `/api/summary` takes while two threads allocate flat out."""

import http.client
import json
import os
import socket
import subprocess
import time

from .measure import RunError, environment_for


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_healthy(port, process):
    """Waits for the server inside `process` to answer."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise RunError(f"the server on port {port} did not answer /healthz within 20 s")


def ask(connection):
    """One request; milliseconds until its last byte."""
    begun = time.monotonic_ns()
    connection.request("GET", "/api/summary")
    response = connection.getresponse()
    body = response.read()
    taken = (time.monotonic_ns() - begun) / 1e6
    if response.status != 200 or "liveBytes" not in json.loads(body)["data"]:
        raise RunError(f"/api/summary answered {response.status}: {body[:200]!r}")
    return taken


def measure(program, setup, requests):
    """Milliseconds of `requests` answers, ascending, asked for one after the other."""
    port = free_port()
    environment = environment_for(setup) | {"MEMSCOPE_SERVER_URL": f"http://127.0.0.1:{port}"}
    process = subprocess.Popen([program, "20", str(min(2, os.cpu_count())), "120"], env=environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_healthy(port, process)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        return sorted(ask(connection) for _ in range(requests))
    finally:
        process.kill()
        process.wait()


def percentile(ascending, share):
    """The smallest value that `share` of all do not exceed."""
    return ascending[max(0, -(-len(ascending) * share // 100) - 1)]
