"""Starts the demo for a test, and sends requests to it."""

import json
import os
import re
import subprocess
import tempfile
import time
import urllib.error
import urllib.request


class Server:
    """A running demo; `environment` is added to its own."""

    def __init__(self, demo: str, **environment: str):
        # A file, so that a talkative demo never waits for us to read.
        self.log = tempfile.NamedTemporaryFile(mode="w+", encoding="utf-8")
        # A debug build needs 40 ms for a simulated request: with many a second those take most of the processors.
        self.process = subprocess.Popen(
            [demo, "--port", "0", "--load", "5", "--leak"], stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=subprocess.STDOUT, env=os.environ | environment)
        self.token = environment.get("MEMSCOPE_TOKEN")
        self.url = self.wait_for_url()

    def wait_for_url(self) -> str:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            text = self.output()
            if found := re.search(r"https?://[^\s/]+", text):
                return found.group()
            if self.process.poll() is not None:
                raise SystemExit(f"formats: the demo ended with {self.process.returncode}:\n{text}")
            time.sleep(0.05)
        self.stop()
        raise SystemExit(f"formats: the demo printed no URL in 30 s:\n{text}")

    def output(self) -> str:
        with open(self.log.name, encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def ask(self, path: str, body: object = None) -> tuple[int, str, str]:
        """Status, media type and text of an answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.url + path, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers.get_content_type(), answer.read().decode(errors="replace")
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.headers.get_content_type(), refusal.read().decode(errors="replace")
