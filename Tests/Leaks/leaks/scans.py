"""Real programs under load, scanned again and again.

A true leak remains a leak: if a scan calls a block lost and a later scan does not, the program still had the block.
So for every type and call stack the number of lost blocks may only grow while a program runs. The demo, which
leaks nothing unless asked to, must have none at all. No request may fail because of a scan.
"""

import argparse
import os
import shutil
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from harness import processes
from harness.build import ROOT, BuildError
from harness.main import run_all
from harness.results import Result, Test

from leaks import service
from leaks.build import TESTS, LeakBuild, preload_library


class Watch:
    """What the scans of one program's processes said."""

    def __init__(self, scans):
        self.wanted = scans
        self.done = 0
        self.pause = 0
        self.lost = {}  # per process and group: the most blocks that were lost
        self.wrong = []

    def look(self, path):
        answer = service.scan(path)
        if answer is None:
            return
        if answer.status != 200:
            self.wrong.append(f"POST /api/leakscan: {answer.status}: {str(answer.body)[:300]}")
            return
        self.done += 1
        self.pause = max(self.pause, answer.data["scan"]["pauseNanoseconds"])
        leaks = service.all_leaks(path)
        if leaks is not None:
            self.compare(path.name, leaks)

    def compare(self, process, leaks):
        counts = {}
        for leak in leaks:
            if leak["kind"] != "growth":
                key = (process, leak["site"], leak["type"])
                counts[key] = counts.get(key, 0) + leak["count"]
        for key, most in self.lost.items():
            if key[0] == process and counts.get(key, 0) < most:
                self.wrong.append(f"{key[2]} (site {key[1]}): {most} lost, then {counts.get(key, 0)}")
        for key, count in counts.items():
            self.lost[key] = max(self.lost.get(key, 0), count)

    @property
    def is_done(self):
        return self.done >= self.wanted or len(self.wrong) > 20

    def results(self, may_leak):
        types = sorted({f"{count} x {key[2]}" for key, count in self.lost.items()})
        if types and not may_leak:
            self.wrong.append("lost: " + ", ".join(types)[:500])
        sentence = f"{self.done} scans, no false leak ({len(types)} sorts of true ones)"
        enough = self.done >= self.wanted
        print(f"# longest pause {self.pause / 1e6:.1f} ms", flush=True)
        return [Result(enough and not self.wrong, sentence, f"{self.done} scans\n" + "\n".join(self.wrong[:10]))]


class Requests:
    """Asks a server all the time, and remembers each answer that was not 200 or took long."""

    def __init__(self, ask):
        self.ask = ask
        self.answers = 0
        self.slowest = 0
        self.failed = []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.stop.wait(0.005):
            started = time.monotonic()
            try:
                status = self.ask()
            except OSError as error:
                status = str(error)
            self.slowest = max(self.slowest, time.monotonic() - started)
            self.answers += 1
            if status != 200:
                self.failed.append(status)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()

    def result(self):
        sentence = f"all of {self.answers} requests were answered, the slowest in {self.slowest:.2f} s"
        good = self.answers > 0 and not self.failed and self.slowest < 5
        return Result(good, sentence, f"{len(self.failed)} failed: {self.failed[:5]}")


def wait_for_socket(folder, process):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        for path in folder.glob("*.sock"):
            if service.ask(path, "GET", "/healthz") is not None:
                return path
        time.sleep(0.05)
    raise BuildError("the server of the watched program did not answer within 30 s")


def watched(build, command, options, watcher, preload=True):
    """Runs a program with a server on a unix socket, for as long as the watcher works."""
    # A socket's path may have 107 bytes: a short folder of its own.
    folder = Path(tempfile.mkdtemp(prefix="ms"))
    values = build.environment(
        preload=[options.preload] if preload else [], MEMSCOPE_SERVER_URL=f"unix://{folder}/{{PID}}.sock"
    )
    failure = []

    def watch(process, stop):
        try:
            watcher(folder, process)
        except Exception as error:  # must end the program all the same
            failure.append(f"{type(error).__name__}: {error}")
        processes.end(process)

    try:
        processes.run(command, values, build.folder, timeout=options.timeout, watcher=watch)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return [Result(False, "is watched to the end", text) for text in failure]


def demo(build, options):
    """Has MemScope linked; its load makes a thousand requests a second, each of which allocates."""
    watch = Watch(options.scans)
    results = []

    def work(folder, process):
        path = wait_for_socket(folder, process)
        with Requests(lambda: service.ask(path, "GET", "/api/summary").status) as requests:
            while not watch.is_done and process.poll() is None:
                watch.look(path)
        results.append(requests.result())

    failure = watched(build, [options.demo, "--port", "0", "--load", "1000"], options, work, preload=False)
    return watch.results(may_leak=False) + results + failure


def compiler(build, options):
    """Runs over and over until there were enough scans; each process of it has a server."""
    watch = Watch(options.scans)

    def work(folder, process):
        while not watch.is_done and process.poll() is None:
            for path in folder.glob("*.sock"):
                watch.look(path)
            time.sleep(0.02)

    sources = " ".join(str(path) for path in sorted(TESTS.glob("cases/*.swift")))
    line = "swiftc -O -swift-version 5 -parse-as-library -module-name cases -emit-object -import-objc-header " + (
        f"{TESTS}/support/support.h -whole-module-optimization -o cases.o {sources}"
    )
    failure = watched(build, ["sh", "-c", f"while :; do {line}; done"], options, work)
    return watch.results(may_leak=True) + failure


def python_server(build, options):
    """Answers requests over its own port while it is scanned."""
    watch = Watch(options.scans)
    results = []

    def work(folder, process):
        path = wait_for_socket(folder, process)
        port = wait_for_port(process)
        url = f"http://127.0.0.1:{port}/"

        def request():
            with urllib.request.urlopen(url, timeout=30) as answer:
                return answer.status if answer.read() else "empty"

        with Requests(request) as requests:
            while not watch.is_done and process.poll() is None:
                watch.look(path)
        results.append(requests.result())

    command = ["python3", "-m", "http.server", "--bind", "127.0.0.1", "0"]
    return watched(build, command, options, work) + watch.results(may_leak=True) + results


def wait_for_port(process):
    """The port that a process listens to, as the kernel knows it: its output is read only when it ended."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        links = (os.readlink(path) for path in Path(f"/proc/{process.pid}/fd").iterdir() if path.is_symlink())
        inodes = {link[8:-1] for link in links if link.startswith("socket:[")}
        for line in Path(f"/proc/{process.pid}/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                return int(fields[1].rpartition(":")[2], 16)
        time.sleep(0.05)
    raise BuildError("the server did not listen within 30 s")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=int, default=100, help="of each program (default 100)")
    parser.add_argument("--timeout", type=int, default=840, help="seconds for each program (default 840)")
    parser.add_argument("--filter", default="", help="only programs whose name contains this")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder and print its path")
    options = parser.parse_args()
    options.demo = Path(os.environ.get("MEMSCOPE_DEMO") or ROOT / ".build/debug/memscope-demo").resolve()
    if not options.demo.is_file():
        parser.error(f"there is no {options.demo}; run: swift build")
    try:
        options.preload = preload_library()
    except BuildError as error:
        parser.error(str(error))
    return options


def main():
    options = arguments()
    programs = [("demo", demo), ("swiftc", compiler), ("python http.server", python_server)]
    tests = [Test(name, lambda build, run=run: run(build, options)) for name, run in programs if options.filter in name]
    results = run_all(tests, options, "leak-scans-", lambda folder: LeakBuild(folder, options))
    failed = [result for result in results if not result.passed]
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0
