"""What very many different stacks need, as the process itself says."""

import http.client
import json
import subprocess

from . import build
from .latency import free_port, wait_until_healthy
from .measure import RunError, environment_for
from .workloads import Workload

STACKS = 5_000_000
PROGRAM = Workload("stacks", f"{STACKS:,} different stacks of 24 frames", "stacks", [])


def ask_summary(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/api/summary")
    return json.loads(connection.getresponse().read())["data"]


def measure(setup, scratch):
    """{setup: {figure: value}}: how many stacks were dropped, and MiB of memory that MemScope has taken."""
    port = free_port()
    environment = environment_for(setup) | {"MEMSCOPE_SERVER_URL": f"http://127.0.0.1:{port}"}
    program = build.c_program(PROGRAM, scratch)
    process = subprocess.Popen([program, str(STACKS)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        wait_until_healthy(port, process)
        data = ask_summary(port)
        if data["sites"] + data["drops"]["stacks"] < STACKS:
            raise RunError(f"{PROGRAM.title}: only {data['sites']} are known")
        return {setup.name: {"sites": data["sites"], "dropped": data["drops"]["stacks"],
                             "mib": data["ownBytes"] / (1 << 20)}}
    finally:
        process.kill()
        process.wait()
