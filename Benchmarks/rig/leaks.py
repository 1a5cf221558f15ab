"""How long a search for leaks takes, beside LeakSanitizer's, and what it costs the program meanwhile."""

import http.client
import json
import os
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass

from . import build
from .latency import free_port, wait_until_healthy
from .measure import RunError, environment_for
from .setups import Setup

MIB = 1 << 20


@dataclass(frozen=True)
class Search:
    """One row: `by` is what searches, `mebibytes` is memory beside the objects, written to so that it is dirty."""

    name: str
    title: str
    by: str
    objects: int = 1_000_000
    mebibytes: int = 0
    rounds: int | None = None


SEARCHES = [
    Search("end", "untracked: the end of the process alone", "nothing"),
    Search("lsan", "LeakSanitizer, at the end", "lsan"),
    Search("report", "MemScope, report at the end", "report"),
    Search("scan", "MemScope, POST /api/leakscan", "scan"),
    Search("scan-dirty", "the same beside 2 GiB of written memory", "scan", mebibytes=2048),
    Search("scan-10m", "the same of 10,000,000 objects", "scan", objects=10_000_000, rounds=1),
    Search("report-10m", "report at the end of 10,000,000 objects", "report", objects=10_000_000, rounds=1),
]


class Program:
    """The program with the leaks, from its start until it has ended."""

    def __init__(self, path, search, preload, scratch):
        self.report = os.path.join(scratch, "report.json")
        self.port = free_port() if search.by == "scan" else None
        values = {"MEMSCOPE_SERVER_URL": f"http://127.0.0.1:{self.port}"} if self.port else {}
        if search.by == "report":
            values = {"MEMSCOPE_REPORT": self.report}
        setup = Setup(search.name, search.title, library=preload if values else None, environment=values)
        path += build.LEAK_SANITIZED * (search.by == "lsan")
        self.process = subprocess.Popen([path, str(search.objects), str(search.mebibytes)], env=environment_for(setup),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        # What must be found: blocks, then cycles.
        self.lost = [int(self.process.stdout.readline().split()[1]) for _ in range(2)]

    def end(self):
        """Seconds until the process is gone, and what it said meanwhile."""
        begun = time.monotonic()
        _, words = self.process.communicate(b"\n", timeout=180)
        return time.monotonic() - begun, words.decode()

    def scan(self):
        """Seconds until the server has answered, and the answer."""
        wait_until_healthy(self.port, self.process)
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=180)
        connection.request("POST", "/api/leakscan")
        answer = json.loads(connection.getresponse().read())
        return time.monotonic() - begun, answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def proportional_bytes(process):
    """The memory of a process and its children; what several share is counted once."""
    total = 0
    with open(f"/proc/{process}/task/{process}/children", encoding="utf-8") as file:
        for one in [process, *map(int, file.read().split())]:
            with open(f"/proc/{one}/smaps_rollup", encoding="utf-8") as rollup:
                total += next(int(line.split()[1]) for line in rollup if line.startswith("Pss:")) << 10
    return total


class PeakMemory:
    """Watches what a process and its children need, beside what the process had before."""

    def __init__(self, process):
        self.process = process
        self.before = self.peak = proportional_bytes(process)
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.done.wait(0.01):
            try:
                self.peak = max(self.peak, proportional_bytes(self.process))
            except (OSError, StopIteration):
                pass  # the copy has ended between two reads

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()

    @property
    def added(self):
        return self.peak - self.before


def check(search, program, found):
    """Nothing may be found that is not lost; what happens to look like a pointer may hide one ring in 10,000."""
    if any(not 0 <= lost - count <= lost // 10_000 for count, lost in zip(found, program.lost)):
        raise RunError(f"{search.title}: found {found} (blocks, cycles), not {program.lost}")


def run_scan(search, program):
    """Once for the times, and once more with somebody watching the memory, who would disturb them."""
    wait_until_healthy(program.port, program.process)
    with PeakMemory(program.process.pid) as peak:
        program.scan()
    dirty = peak.before
    seconds, answer = program.scan()
    summary, scan = answer["data"]["summary"], answer["data"]["scan"]
    check(search, program, [summary["unreachableBlocks"], summary["cycles"]])
    pause = scan["pauseNanoseconds"] / 1e6
    return {"s": seconds, "pause_ms": pause, "pause_ms_per_gib": pause / (dirty / MIB / 1024), "mib": peak.added / MIB}


def run_end(search, program):
    seconds, words = program.end()
    if search.by == "report":
        with open(program.report, encoding="utf-8") as file:
            summary = json.load(file)["summary"]
        check(search, program, [summary["unreachableBlocks"], summary["cycles"]])
    if search.by == "lsan":
        check(search, program, [int(words.rpartition("leaked in ")[2].split()[0])])
    return {"s": seconds}


def measure(path, preload, scratch, rounds, progress):
    """{search: {figure: median}}, of interleaved rounds."""
    values = {}
    for number in range(rounds):
        progress(f"searches for leaks, round {number + 1} of {rounds}")
        for search in SEARCHES:
            if number >= (search.rounds or rounds):
                continue
            with Program(path, search, preload, scratch) as program:
                figures = run_scan(search, program) if search.by == "scan" else run_end(search, program)
            for figure, value in figures.items():
                values.setdefault(search.name, {}).setdefault(figure, []).append(value)
    return {name: {figure: statistics.median(series) for figure, series in figures.items()}
            for name, figures in values.items()}
