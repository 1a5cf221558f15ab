"""Asks the servers that MemScope runs inside of watched programs, over their unix sockets."""

import http.client
import json
import time
from dataclasses import dataclass

from harness.server import UnixConnection


@dataclass
class Answer:
    status: int
    body: dict

    @property
    def data(self):
        return self.body.get("data")


def ask(path, method, target, timeout=60):
    """None when nobody answers: the program has ended, or is just starting."""
    connection = UnixConnection(path, timeout)
    try:
        connection.request(method, target)
        answer = connection.getresponse()
        text = answer.read()
        is_json = (answer.headers.get_content_type() or "").endswith("json")
        return Answer(answer.status, json.loads(text) if is_json else {})
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


MOST_PAGES = 1000


def scan(path, patience=60):
    """One scan; waits while the server is busy with another, `patience` seconds at most."""
    deadline = time.monotonic() + patience
    while True:
        answer = ask(path, "POST", "/api/leakscan")
        if answer is None or answer.status != 503:
            return answer
        if time.monotonic() > deadline:
            said = str(answer.body)[:300]
            raise TimeoutError(f"POST /api/leakscan at {path} was answered with 503 for {patience} s, last: {said}")
        time.sleep(0.05)


def all_leaks(path):
    """The list of the last scan, page by page; None when the program ended."""
    leaks, cursor = [], ""
    for _ in range(MOST_PAGES):
        answer = ask(path, "GET", f"/api/leaks?limit=1000{cursor}")
        if answer is None or answer.status != 200:
            return None
        leaks += answer.data["leaks"]
        if not answer.data.get("next"):
            return leaks
        cursor = f"&cursor={answer.data['next']}"
    raise RuntimeError(f"GET /api/leaks at {path} has more than {MOST_PAGES} pages")
