"""A program's allocator knows nothing of who looks at its heap."""

import http.client
import os
import socket
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
PATHS = ("/api/summary", "/api/sites", "/api/types", "/api/leaks", "/api/cycles", "/api/errors", "/api/threads",
         "/api/flamegraph", "/debug/pprof/heap", "/metrics")  # fmt: skip
REQUESTS, SCANS = 1000, 20


class Connection(http.client.HTTPConnection):
    def __init__(self, path: Path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def ask(connection: Connection, method: str, path: str) -> int:
    connection.request(method, path, headers={"Content-Length": "0"} if method == "POST" else {})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def watched(runner):
    program, place = runner.folder / "figures", runner.folder / "figures.sock"
    command = ["clang", "-O1", "-fno-builtin", "-o", program, HERE / "figures.c"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    values = {k: v for k, v in os.environ.items() if not k.startswith(("MEMSCOPE_", "LD_"))}
    values |= {"LD_PRELOAD": runner.library, "MEMSCOPE_SERVER_URL": f"unix://{place}", "SWIFT_BACKTRACE": "enable=no"}
    process = subprocess.Popen([program], env=values, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def figures() -> str:
        process.stdin.write(b".")
        process.stdin.flush()
        text = b""
        while not text.endswith(b"\f"):
            text += process.stdout.read1(1 << 16)
        return text.decode()

    figures()  # the server is up once the program runs
    before = figures()
    connection = Connection(place)
    statuses = {ask(connection, "GET", PATHS[i % len(PATHS)]) for i in range(REQUESTS)}
    statuses |= {ask(connection, "POST", "/api/leakscan") for _ in range(SCANS)}
    connection.close()
    after = figures()
    process.stdin.close()
    runner.check("watched: requests and scans are answered", statuses == {200}, statuses)
    runner.check("watched: its status", process.wait(30) == 0, process.returncode)
    runner.check("watched: its allocator's figures", "<malloc" in before and before == after, (before, after))
