"""Runs a program that loses ten blocks and ends in every way there is, and reads its report.

usage: report.py LIBRARY [PART…]; "measuring" stands for the parts that measure time, "others" for all others

Prints a line for each check that failed, and "N passed, N failed".
"""

import json
import os
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from foreign import foreign
from library import library
from names import names
from watched import asked, recycled, watched, words

HERE = Path(__file__).resolve().parent
# How it ends: the program's own status, or minus a signal; what the report says of it; whether a leak's status counts.
ENDS = {
    "return": (3, "exit"),
    "exit": (4, "exit"),
    "_exit": (5, "_exit"),
    "_Exit": (6, "_exit"),
    "quick_exit": (7, "quick_exit"),
    "thread": (8, "exit"),
    "thread-at-once": (9, "_exit"),
    "abort": (-6, "signal"),
    "segv": (-11, "signal"),
    "raise": (-8, "signal"),
    "handled": (31, "_exit"),
    "term": (-15, "signal"),
    "int": (-2, "signal"),
    "hup-thread": (-1, "signal"),
    "int-restored": (-2, "signal"),
    "term-handled": (31, "_exit"),
    "int-ignored": (15, "exit"),
    "no-clone": (16, "exit"),
    "no-remote-reads": (16, "exit"),
    "pthread_exit": (0, "exit"),
    "pthread_exit-setuid": (21, "exit"),
    "pthread_exit-alone": (0, "exit"),
    "by-number": (25, "_exit"),
    "thread-by-number": (26, "_exit"),
    "outlived-by-number": (0, "_exit"),
    "thread-killed": (-31, "signal"),
    "abort-term": (-6, "signal"),
    "segv-default": (-11, "signal"),
    "segv-once": (-11, "signal"),
    "ill-sent": (-4, "signal"),
    "strict": (28, "_exit"),
}


class Runner:
    def __init__(self, library: str, folder: Path):
        self.library = library
        self.folder = folder
        self.program = folder / "ends"
        command = ["clang", "-g", "-O1", "-fno-builtin", "-o", self.program, HERE / "ends.c", "-lpthread"]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        self.passed = self.failed = self.runs = 0

    def run(
        self, way: str, report: str | None = "report-{PID}.json", command=(), stdout=subprocess.PIPE, **values: str
    ):
        """The outcome, and the reports by process id; every run has a folder of its own."""
        self.runs += 1
        folder = self.folder / f"run{self.runs}"
        folder.mkdir()
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("MEMSCOPE_", "LD_"))}
        # Swift's backtracer writes to stderr, and lets a program go on that raised a signal itself.
        environment["SWIFT_BACKTRACE"] = "enable=no"
        if report is not None:
            values["MEMSCOPE_REPORT"] = report.replace("{folder}", str(folder))
        environment |= {"LD_PRELOAD": self.library} | values
        outcome = subprocess.run(
            [*(command or [self.program]), way], env=environment, cwd=folder, stdout=stdout, stderr=subprocess.PIPE,
            text=True, timeout=60, stdin=subprocess.DEVNULL)
        return outcome, {path.name: json.loads(path.read_text()) for path in sorted(folder.glob("*.json*"))}

    def check(self, name: str, holds: bool, what: object = ""):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"{name}: {what}")


def lost(report: dict) -> tuple[int, int]:
    leaks = [leak for leak in report["leaks"] if any("lose_blocks" in f["function"] for f in leak["stack"])]
    return sum(leak["count"] for leak in leaks), sum(leak["bytes"] for leak in leaks)


def ends(runner: Runner):
    for way, (status, kind) in ENDS.items():
        outcome, reports = runner.run(way)
        runner.check(f"{way}: own status", outcome.returncode == status, outcome)
        runner.check(f"{way}: nothing else is printed", outcome.stderr == "", outcome.stderr)
        runner.check(f"{way}: what was printed is there", outcome.stdout.startswith("said\n"), outcome.stdout)
        runner.check(f"{way}: one report", len(reports) == 1, list(reports))
        if len(reports) != 1:
            continue
        report = next(iter(reports.values()))
        runner.check(f"{way}: how it ended", report["end"]["kind"] == kind, report["end"])
        runner.check(f"{way}: what it lost", lost(report) == (10, 10000), report["leaks"])
        summary = report["summary"]
        runner.check(f"{way}: figures", summary["unreachableBlocks"] == 10 and summary["liveBytes"] > 0, summary)
        runner.check(f"{way}: members", {"leaks", "cycles", "errors", "scan"} <= report.keys(), list(report))


    folder = runner.folder / "blocked"
    folder.mkdir()
    environment = os.environ | {"LD_PRELOAD": runner.library, "MEMSCOPE_REPORT": str(folder / "report.json")}
    with subprocess.Popen([runner.program, "exit-blocked"], env=environment, stdout=subprocess.PIPE) as process:
        patience = time.monotonic() + 30
        while not (folder / "report.json").exists() and time.monotonic() < patience:
            time.sleep(0.05)
        time.sleep(0.2)
        process.terminate()
        try:
            status = process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            status = None
    runner.check("a request after the report ends what does not end by itself", status == -15, status)

    outcome, reports = runner.run("exit-term")
    report = next(iter(reports.values()), {})
    runner.check("a request to end that comes during the report is late", outcome.returncode == 27, outcome)
    runner.check("its report says how the process ended", report.get("end", {}).get("kind") == "exit", report)


def statuses(runner: Runner):
    for way, (own, kind) in ENDS.items():
        outcome, _ = runner.run(way, report=None, MEMSCOPE_LEAK_EXITCODE="55")
        wanted = own if kind == "signal" else 55
        runner.check(f"{way}: status for leaks", outcome.returncode == wanted, outcome)
    outcome, _ = runner.run("return", report=None, MEMSCOPE_LEAK_EXITCODE="55")
    runner.check("streams are flushed all the same", outcome.stdout == "said\nhandler\n", outcome.stdout)
    outcome, reports = runner.run("clean", MEMSCOPE_LEAK_EXITCODE="55")
    runner.check("without leaks the status stays", outcome.returncode == 0, outcome)
    summary = next(iter(reports.values()))["summary"]
    runner.check("what handlers free is no leak", summary["unreachableBlocks"] == 0, summary)
    outcome, reports = runner.run("return", MEMSCOPE_MODE="sampled", MEMSCOPE_LEAK_EXITCODE="55")
    runner.check("sampled: own status", outcome.returncode == 3, outcome)
    runner.check("sampled: says so", "MEMSCOPE_LEAK_EXITCODE has no effect" in outcome.stderr, outcome.stderr)
    report = next(iter(reports.values()))
    runner.check("sampled: report says why", report["available"] is False and "leaks" not in report, report)


def rows(runner: Runner):
    program = runner.folder / "paths"
    command = ["clang", "-g", "-fno-builtin", "-o", program, HERE / "paths.c"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    outcome, reports = runner.run("", command=[program])
    report = next(iter(reports.values()))
    sizes = [leak["bytes"] for leak in report["leaks"]]
    runner.check("2,048 stacks that lost: the 1,000 rows of the largest",
                 len(sizes) == 1000 and sizes == sorted(sizes, reverse=True) and min(sizes) >= 1147, sizes[-5:])
    summary = report["summary"]
    runner.check("2,048 stacks that lost: says that rows are missing, counts all",
                 report["truncated"] and summary["unreachableBlocks"] in (2047, 2048), summary)


def sockets(runner: Runner):
    url = f"unix://{runner.folder}/{{PID}}.sock"
    for way in ("return", "exit", "thread", "fork", "pthread_exit"):
        outcome, _ = runner.run(way, report=None, MEMSCOPE_SERVER_URL=url)
        runner.check(f"{way}: status", outcome.returncode in (3, 4, 8, 12, 0), outcome)
        runner.check(f"{way}: its server starts", outcome.stderr == "", outcome.stderr)
        left = list(runner.folder.glob("*.sock"))
        runner.check(f"{way}: no socket is left", not left, left)
    for way in ("thread-by-number", "outlived-by-number", "thread-killed"):
        outcome, _ = runner.run(way, report=None, MEMSCOPE_SERVER_URL=url)
        runner.check(f"{way}: the server does not keep it alive", outcome.returncode == ENDS[way][0], outcome)
    for way in ("hidden-by-number", "hidden-pthread_exit"):
        outcome, _ = runner.run(way, report=None, MEMSCOPE_SERVER_URL=url)
        runner.check(f"{way}: nor where there is no /proc", outcome.returncode == 0, outcome)


def families(runner: Runner):
    outcome, reports = runner.run("fork")
    runner.check("fork: each has a report", len(reports) == 2, list(reports))
    runner.check("fork: statuses", (outcome.returncode, "child 22\n" in outcome.stdout) == (12, True), outcome)
    counts = sorted(lost(report)[0] for report in reports.values())
    runner.check("fork: the child lost more", counts == [10, 13], counts)
    outcome, reports = runner.run("fork", report="report.json")
    runner.check("fork, one path: the first process'", len(reports) == 1 and outcome.returncode == 12, outcome)
    if reports:
        runner.check("fork, one path: its own", lost(reports["report.json"]) == (10, 10000), reports)
    outcome, _ = runner.run("fork", report=None, MEMSCOPE_LEAK_EXITCODE="55")
    runner.check("fork: the child's status is its own", "child 22\n" in outcome.stdout, outcome)
    outcome, reports = runner.run("fork-abort")
    runner.check("a child that aborts dies of it", "child -6\n" in outcome.stdout and len(reports) == 2, outcome)
    outcome, reports = runner.run("fork-term")
    runner.check("a child that is told to end does so", "child -15\n" in outcome.stdout, outcome)
    told = sorted((lost(report)[0], report["end"]["signal"] or 0) for report in reports.values())
    runner.check("a child that is told to end: its report", told == [(10, 0), (13, 15)], told)
    for _ in range(5):
        outcome, reports = runner.run("fork-term-amid")
        runner.check("a child that is told to end amid malloc does so", "child -15\n" in outcome.stdout, outcome)
        runner.check("a child that is told to end amid malloc: its report",
                     15 in [report["end"]["signal"] for report in reports.values()], list(reports))
    outcome, _ = runner.run("forks-in-handler", report="report.json")
    runner.check("a handler forks in the middle of a fork", outcome.returncode == 17, outcome)
    outcome, reports = runner.run("vfork")
    runner.check("vfork: no report", len(reports) == 1 and "child 21\n" in outcome.stdout, outcome)


def files(runner: Runner):
    outcome, reports = runner.run("elsewhere", report="report.json")
    runner.check("a path means the folder at the start", list(reports) == ["report.json"], outcome)
    outcome, reports = runner.run("return", report="{folder}/report.json")
    path = runner.folder / f"run{runner.runs}" / "report.json"
    runner.check("nobody else may read it", stat.S_IMODE(path.stat().st_mode) == 0o600, path.stat())
    runner.check("nothing else is left", [p.name for p in path.parent.iterdir()] == ["report.json"])
    program = runner.program
    command = ["sh", "-c", f"{program} return; {program} clean; exit 8"]
    outcome, reports = runner.run("", report="report.json", command=command)
    runner.check("two programs of one run: both reports", len(reports) == 3 and outcome.returncode == 8, list(reports))
    own = reports["report.json"]
    runner.check("two programs of one run: the first has the name", lost(own) == (10, 10000), own)
    outcome, reports = runner.run("execs", report="report.json")
    runner.check("a program that is executed: both reports", len(reports) == 2, list(reports))
    own = reports.get("report.json")
    runner.check("a program that is executed: the first to end has the name", own and lost(own) == (10, 10000), own)
    lines = outcome.stderr.splitlines()
    runner.check("a program that is executed: said once", len(lines) == 1 and "{PID}" in lines[0], outcome.stderr)
    target = runner.folder / "target"
    target.write_text("untouched\n")
    link = runner.folder / "link.json"
    link.symlink_to(target)
    runner.run("return", report=str(link))
    runner.check("a link is replaced, not followed",
                 target.read_text() == "untouched\n" and not link.is_symlink(), link)
    pipe = runner.folder / "pipe"
    os.mkfifo(pipe)
    began = time.monotonic()
    outcome, _ = runner.run("return", report=str(pipe))
    runner.check("a pipe that nobody reads: within three seconds", time.monotonic() - began < 3, outcome)
    runner.check("a pipe that nobody reads: own status, a line",
                 outcome.returncode == 3 and len(outcome.stderr.splitlines()) == 1, outcome)
    with open(runner.folder / "output", "w+") as output:
        runner.run("return", report="/dev/stdout", stdout=output)
        output.seek(0)
        text = output.read()
        # What is still in the program's buffer follows.
        report, end = json.JSONDecoder().raw_decode(text, text.find("{"))
        runner.check("standard output in a file: what was printed and the report, whole",
                     sorted(text[:text.find("{")].split() + text[end:].split()) == ["handler", "said"], text[:100])
    outcome, _ = runner.run("return", report="/nonexistent/report.json")
    lines = outcome.stderr.splitlines()
    runner.check("a path that cannot be written is named in a line",
                 len(lines) == 1 and "/nonexistent/report.json" in lines[0] and outcome.returncode == 3, outcome)
    outcome, _ = runner.run("return", report="/dev/stdout")
    report, _ = json.JSONDecoder().raw_decode(outcome.stdout, outcome.stdout.find("{"))
    runner.check("a pipe is written to", report["end"]["status"] == 3, outcome.stdout[:300])


def bad_values(runner: Runner):
    for name in ("MEMSCOPE_LEAK_EXITCODE", "MEMSCOPE_ERROR_EXITCODE"):
        for value in ("0", "256", "-1", "many"):
            outcome, _ = runner.run("return", report=None, **{name: value})
            lines = outcome.stderr.splitlines()
            runner.check(f"{name}={value}", len(lines) == 1 and name in lines[0] and "1 to 255" in lines[0], outcome)
            runner.check(f"{name}={value}: own status", outcome.returncode == 3, outcome)


def suppressions(runner: Runner):
    path = runner.folder / "suppressions"
    path.write_text("# known\nleak:lose_blo*\n")
    outcome, reports = runner.run("return", MEMSCOPE_SUPPRESSIONS=str(path), MEMSCOPE_LEAK_EXITCODE="55")
    runner.check("suppressed: own status", outcome.returncode == 3 and outcome.stderr == "", outcome)
    summary = next(iter(reports.values()))["summary"]
    runner.check("suppressed: counted apart",
                 (summary["unreachableBlocks"], summary["suppressedBlocks"]) == (0, 10), summary)
    path.write_text("leak:something_else\nrace:lose_blocks\n")
    outcome, _ = runner.run("return", MEMSCOPE_SUPPRESSIONS=str(path), MEMSCOPE_LEAK_EXITCODE="55")
    lines = outcome.stderr.splitlines()
    runner.check("another suppression: status for leaks", outcome.returncode == 55, outcome)
    runner.check("a line that is none is named", len(lines) == 1 and "line 2" in lines[0], outcome.stderr)
    outcome, _ = runner.run("return", MEMSCOPE_SUPPRESSIONS="/nonexistent")
    runner.check("a file that is none is named", "MEMSCOPE_SUPPRESSIONS is '/nonexistent'" in outcome.stderr, outcome)


def surroundings(runner: Runner):
    outcome, _ = runner.run("errno")
    runner.check("errno is 0 in main", outcome.returncode == 0, outcome)
    locks = runner.folder / "locks"
    command = ["clang", "-O1", "-fno-builtin", "-o", locks, HERE.parent / "Core/life/locks.c", "-lpthread"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    plain = subprocess.run([locks], check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    for checks in ("sampled", "full"):
        outcome, reports = runner.run("", command=[locks], MEMSCOPE_CHECKS=checks)
        more = int(outcome.stdout) - int(plain.stdout) if outcome.returncode == 0 else None
        runner.check(f"all memory locked, {checks}: at most 40 MiB more", more is not None and more < 40 << 10, more)
        runner.check(f"all memory locked, {checks}: a report", len(reports) == 1, list(reports))
    auditor = runner.folder / "audit.so"
    command = ["clang", "-shared", "-fPIC", "-o", auditor, HERE / "audit.c"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    outcome, reports = runner.run("return", LD_AUDIT=str(auditor))
    runner.check("audited: own status", (outcome.returncode, outcome.stderr) == (3, ""), outcome)
    runner.check("audited: report", [lost(report) for report in reports.values()] == [(10, 10000)], outcome)
    outcome, reports = runner.run("overrun", MEMSCOPE_CHECKS="pages", MEMSCOPE_GUARD_SIDE="after")
    kinds = [error["kind"] for report in reports.values() for error in report["errors"]]
    runner.check("a guard's fault is no end: the program goes on", outcome.returncode == 18, outcome)
    runner.check("a guard's fault is in the report", kinds == ["overflow"], kinds)
    outcome, reports = runner.run("damage", MEMSCOPE_CHECKS="full")
    found = [(error["kind"], error["size"]) for report in reports.values() for error in report["errors"]]
    runner.check("a damaged heap: own status, nothing is printed",
                 (outcome.returncode, outcome.stderr) == (20, ""), outcome)
    runner.check("a damaged heap: is in the report", found == [("overflow", 200)], found)
    outcome, reports = runner.run("no-files")
    lines = outcome.stderr.splitlines()
    runner.check("a filter that forbids files: own status, no report",
                 outcome.returncode == 16 and not reports, outcome)
    runner.check("a filter that forbids files: says so once", len(lines) == 1 and "filter" in lines[0], outcome.stderr)
    outcome, _ = runner.run("no-files", report=None, MEMSCOPE_SERVER_URL="http://127.0.0.1:0")
    lines = outcome.stderr.splitlines()
    runner.check("a filter that forbids files: the server stops",
                 outcome.returncode == 16 and len(lines) == 1 and "it is stopped" in lines[0], outcome)
    own = runner.folder / "own"
    command = ["clang", "-O1", "-fno-builtin", "-rdynamic", "-o", own, HERE / "own_malloc.c"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    for values in ({}, {"MEMSCOPE_SERVER_URL": "http://127.0.0.1:0"}):
        outcome, reports = runner.run("", report=None if values else "report.json", command=[own], **values)
        lines = outcome.stderr.splitlines()
        runner.check("a malloc of its own: runs as without us", outcome.returncode == 5, outcome)
        told = [(report["available"], report["mode"], report["end"], "malloc of its own" in report["reason"],
                 report["process"]["name"]) for report in reports.values()]
        runner.check("a malloc of its own: the report says so",
                     told == ([] if values else [(False, "off", None, True, "own")]), reports)
        runner.check("a malloc of its own: says so once", len(lines) == 1 and "nothing is tracked" in lines[0], outcome)
    behind = runner.folder / "calls_itself.so"
    source = HERE.parent / "Core/allocators/calls_itself.c"
    flags = ["-O1", "-fno-builtin", "-fsemantic-interposition", "-shared", "-fPIC"]
    subprocess.run(["clang", *flags, "-o", behind, source], check=True)
    outcome, reports = runner.run("return", LD_PRELOAD=f"{runner.library} {behind}")
    lines = outcome.stderr.splitlines()
    told = [(report["available"], "calls itself" in report["reason"]) for report in reports.values()]
    runner.check("an allocator that calls itself: runs as without us", outcome.returncode == 3, outcome)
    runner.check("an allocator that calls itself: says so once, as the report does",
                 len(lines) == 1 and "calls itself" in lines[0] and told == [(False, True)], (outcome, reports))
    outcome, _ = runner.run("", report=None, command=[own])
    runner.check("a malloc of its own: silent where nothing is asked for", outcome.stderr == "", outcome)
    outcome, reports = runner.run("return", command=["prlimit", "--stack=65536", runner.program])
    runner.check("stacks of 64 KiB: own status", (outcome.returncode, outcome.stderr) == (3, ""), outcome)
    reports = [report for report in reports.values() if report["process"]["name"] == "ends"]
    runner.check("stacks of 64 KiB: report", [lost(report) for report in reports] == [(10, 10000)], outcome)
    outcome, reports = runner.run("limits-data")
    runner.check("limits its data itself: as without us", (outcome.returncode, outcome.stderr) == (30, ""), outcome)
    runner.check("limits its data itself: a report", len(reports) == 1, list(reports))
    for limit in ("as", "data"):
        outcome, reports = runner.run("return", command=["prlimit", f"--{limit}=2147483648", runner.program])
        runner.check(f"{limit} of 2 GiB: own status", (outcome.returncode, outcome.stderr) == (3, ""), outcome)
        reports = [report for report in reports.values() if report["process"]["name"] == "ends"]
        runner.check(f"{limit} of 2 GiB: report", [lost(report) for report in reports] == [(10, 10000)], outcome)
        outcome, reports = runner.run("return", command=["prlimit", f"--{limit}=536870912", runner.program])
        lines = outcome.stderr.splitlines()
        runner.check(f"{limit} of 512 MiB: own status", outcome.returncode == 3, outcome)
        told = [report["reason"] for report in reports.values() if report["process"]["name"] == "ends"]
        runner.check(f"{limit} of 512 MiB: the report says so",
                     len(told) == 1 and "no address space" in told[0], reports)
        runner.check(f"{limit} of 512 MiB: says so once",
                     len(lines) == 1 and "nothing is tracked" in lines[0], outcome.stderr)


MEASURING = (files, library)
OTHERS = (ends, statuses, rows, sockets, families, bad_values, suppressions, surroundings, names, watched, asked, words,
          recycled, foreign)  # fmt: skip
PARTS = {part.__name__: (part,) for part in MEASURING + OTHERS} | {"measuring": MEASURING, "others": OTHERS}


def main() -> int:
    wanted = sys.argv[2:] or ["measuring", "others"]
    if unknown := set(wanted) - PARTS.keys():
        print(f"report: there is no part {', '.join(unknown)}; accepted are {', '.join(PARTS)}")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(str(Path(sys.argv[1]).resolve()), Path(folder))
        for part in [part for name in wanted for part in PARTS[name]]:
            try:
                part(runner)
            except Exception as error:  # one broken part must not hide the others
                runner.check(part.__name__, False, f"{type(error).__name__}: {error}")
    print(f"{runner.passed} passed, {runner.failed} failed")
    return 1 if runner.failed else 0


if __name__ == "__main__":
    sys.exit(main())
