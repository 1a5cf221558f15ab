"""Reading the heap changes neither the program's allocator nor the report at exit."""

import http.client
import json
import os
import socket
import subprocess
import time
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


def environment(runner, place: Path) -> dict[str, str]:
    values = {k: v for k, v in os.environ.items() if not k.startswith(("MEMSCOPE_", "LD_"))}
    return values | {"LD_PRELOAD": runner.library, "MEMSCOPE_SERVER_URL": f"unix://{place}",
                     "SWIFT_BACKTRACE": "enable=no"}


def ask(connection: Connection, method: str, path: str) -> int:
    connection.request(method, path, headers={"Content-Length": "0"} if method == "POST" else {})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def watched(runner):
    program, place = runner.folder / "figures", runner.folder / "figures.sock"
    command = ["clang", "-O1", "-fno-builtin", "-o", program, HERE / "figures.c"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    process = subprocess.Popen([program], env=environment(runner, place), stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def figures() -> str:
        process.stdin.write(b".")
        process.stdin.flush()
        text = b""
        while not text.endswith(b"\f"):
            more = process.stdout.read1(1 << 16)
            if not more:
                raise RuntimeError(f"the program ended before its figures did: {text[-200:]!r}")
            text += more
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


def counts(leaks) -> list[tuple[str, str, int]]:
    return sorted((leak["kind"], leak["type"], leak["count"]) for leak in leaks)


def asked(runner):
    """What was shown of leaks while a program ran is none of what holds them at its end."""
    for source, compiler in ((HERE / "asked.c", ("clang", "-O0")), (HERE / "asked.swift", ("swiftc", "-Onone"))):
        program = runner.folder / source.name.replace(".", "-")
        subprocess.run([*compiler, source, "-o", program], check=True, stdin=subprocess.DEVNULL)
        ways = [("20", "sampled"), ("1", "sampled"), ("1", "pages")] if source.suffix == ".c" else [("20", "sampled")]
        for count, checks in ways:
            name = f"asked: {source.name} {count} {checks}"
            place, report = runner.folder / "asked.sock", runner.folder / "asked.json"
            values = environment(runner, place) | {"MEMSCOPE_REPORT": str(report), "MEMSCOPE_CHECKS": checks}
            process = subprocess.Popen([program, count], env=values, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            process.stdout.readline()
            connection = Connection(place)
            connection.request("GET", "/api/leaks?limit=1000")
            shown = counts(json.load(connection.getresponse())["data"]["leaks"])
            connection.close()
            process.stdin.close()
            runner.check(f"{name}: its status", process.wait(60) == 0, process.returncode)
            found = counts(json.loads(report.read_text())["leaks"])
            runner.check(f"{name}: something was lost", ("direct", int(count)) in {(k, n) for k, _, n in shown}, shown)
            runner.check(f"{name}: its report", found == shown, (shown, found))


def words(runner):
    """Bytes of a file that MemScope maps for names hold no block, though they are a block's address."""
    program, plugin = runner.folder / "words", runner.folder / "words.so"
    subprocess.run(["clang", "-O1", HERE / "words.c", "-o", program, "-ldl"], check=True, stdin=subprocess.DEVNULL)
    # Compressed: libelf notes in a section's header that it has decompressed the section.
    flags = ("-shared", "-fPIC", "-g", "-gz", "-DLOSE=lose_one")
    subprocess.run(["clang", *flags, HERE / "plugin.c", "-o", plugin], check=True, stdin=subprocess.DEVNULL)
    place, report = runner.folder / "words.sock", runner.folder / "words.json"
    values = environment(runner, place) | {"MEMSCOPE_REPORT": str(report)}
    process = subprocess.Popen([program, plugin, runner.folder / "words-copy.so"], env=values, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)  # fmt: skip
    process.stdout.readline()
    connection = Connection(place)
    statuses = [ask(connection, "GET", path) for path in ("/api/leaks", "/api/sites", "/api/leaks")]
    connection.close()
    process.stdin.close()
    told = (process.wait(60), statuses)
    runner.check("words: asked, and ended", told == (0, [200] * 3), told)
    found = sorted((leak["type"], leak["bytes"]) for leak in json.loads(report.read_text())["leaks"])
    runner.check("words: both blocks leaked", found == [("words", 3000), ("words-copy.so", 2000)], found)


def fill_table(runner, name: str, **more: str) -> tuple[subprocess.Popen, Path]:
    """A program that has taken more stacks than there is room for, and waits."""
    program, report = runner.folder / "recycled", runner.folder / f"{name}.json"
    subprocess.run(["clang", "-O1", HERE / "recycled.c", "-o", program], check=True, stdin=subprocess.DEVNULL)
    values = environment(runner, runner.folder / f"{name}.sock") | more
    values |= {"MEMSCOPE_REPORT": str(report), "MEMSCOPE_STACKS_BYTES": str(4 << 20)}
    values = {key: value for key, value in values.items() if value}
    process = subprocess.Popen([program, "200000"], env=values, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    return process, report


def judge_new_stack(runner, process: subprocess.Popen, report: Path):
    """The program loses a block in a function that it never called before."""
    process.stdin.close()
    runner.check(f"{report.stem}: ends as without us", process.wait(60) == 0, process.returncode)
    leaks = json.loads(report.read_text())["leaks"]
    names = [frame["function"] for frame in leaks[0]["stack"][:2]] if leaks else []
    told = ([(leak["bytes"], leak["kind"]) for leak in leaks], names)
    wanted = ([(4321, "direct")], ["lose_at_the_end", "main"])
    runner.check(f"{report.stem}: a new stack has its own name", told == wanted, told)


def recycled(runner):
    """More stacks than there is room for: sites without blocks make room, and the answers say so."""
    process, report = fill_table(runner, "recycled, report alone", MEMSCOPE_SERVER_URL="")
    time.sleep(3)
    judge_new_stack(runner, process, report)
    process, report = fill_table(runner, "recycled")
    connection, answers = Connection(runner.folder / "recycled.sock"), {}
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for path in ("/api/summary", "/api/sites"):
            connection.request("GET", path)
            answers[path] = json.load(connection.getresponse())
        if answers["/api/summary"]["data"]["recycledSites"]["count"] > 0:
            break
        time.sleep(0.2)
    connection.close()
    summary = answers["/api/summary"]["data"]
    gone, sites = summary["recycledSites"], answers["/api/sites"]["data"]["sites"]
    runner.check("recycled: sites were, each with its allocations", 0 < gone["count"] <= gone["allocations"], summary)
    runner.check("recycled: bytes as allocations say", gone["allocatedBytes"] == 100 * gone["allocations"], gone)
    runner.check("recycled: the list of sites says that it is incomplete", answers["/api/sites"]["truncated"], gone)
    runner.check("recycled: rows have stacks", sites and all(site["stack"] for site in sites), sites)
    judge_new_stack(runner, process, report)
