"""Polls the servers of all processes of a program through their unix sockets."""

import http.client
import json
import socket
import tempfile
import time
from pathlib import Path

from harness.results import Result

PATHS = ("/api/summary", "/api/summary", "/api/sites?limit=5", "/healthz", "/api/threads", "/metrics")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Poll:
    def __init__(self, folder):
        # A socket's path may have 107 bytes: a short folder of its own.
        self.folder = Path(tempfile.mkdtemp(prefix="ms", dir=folder))
        self.url = f"unix://{self.folder}/{{PID}}.sock"
        self.answers = 0
        self.seconds = 0.0
        self.refused = 0
        self.sockets = set()
        self.wrong = []

    def watch(self, process, stop):
        turn = 0
        started = time.monotonic()
        while not stop.wait(0.05):
            for place in list(self.folder.glob("*.sock"))[:20]:
                self.sockets.add(place.name)
                self.ask(place, PATHS[turn % len(PATHS)])
            turn += 1
        self.seconds = time.monotonic() - started

    def ask(self, place, path):
        # Naming the stacks of a large program takes seconds when the machine is busy.
        connection = UnixConnection(place, timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            self.refused += 1  # the process has ended, or is just starting
            return
        finally:
            connection.close()
        self.answers += 1
        if answer.status != 200:
            self.wrong.append(f"{path}: HTTP {answer.status}: {body[:200]}")
        elif path.startswith("/api/"):
            self.check(path, body)

    def check(self, path, body):
        try:
            envelope = json.loads(body)
        except ValueError as error:
            self.wrong.append(f"{path}: {error}: {body[:200]}")
            return
        if envelope.get("schemaVersion") != 1 or "data" not in envelope:
            self.wrong.append(f"{path}: not the envelope: {body[:200]}")

    def result(self):
        # A program that ends within two seconds takes its socket along before it was seen, or has answered.
        good = not self.wrong and (self.answers > 0 or self.seconds < 2)
        sentence = f"{len(self.sockets)} servers answered {self.answers} polls"
        return Result(good, sentence, f"{self.refused} refused\n" + "\n".join(self.wrong[:5]))
