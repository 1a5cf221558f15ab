"""Runtimes that end a process in their own way: Go's end of a program, Swift's end of a crash."""

import os
import re
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
CRASH = """
import Glibc
@inline(never) func element(_ index: Int, of list: [Int]) -> Int { list[index] }
print(element(5, of: [1, 2]))
"""


def go(runner):
    """Linked at a fixed address, the heap lies so low that numbers of Go's runtime now and then look like pointers into
    it, and a lost block like a held one: what was lost is exact only for the other kind."""
    environment = os.environ | {"CGO_ENABLED": "1", "GOCACHE": str(runner.folder / "go"), "GO111MODULE": "off"}
    for kind in ("exe", "pie"):
        program = runner.folder / f"leaves-{kind}"
        subprocess.run(["go", "build", f"-buildmode={kind}", "-o", program, HERE / "leaves.go"], check=True,
                       env=environment, stdin=subprocess.DEVNULL)
        for way, status in (("return", 0), ("exit", 7), ("panic", 2), ("many", 7)):
            plain = subprocess.run([program, way], capture_output=True, text=True, stdin=subprocess.DEVNULL)
            outcome, reports = runner.run(way, command=[program])
            # A panic prints addresses of its code, which a program that may lie anywhere has elsewhere in each run.
            texts = [(run.stdout, re.sub("0x[0-9a-f]+", "", run.stderr)) for run in (plain, outcome)]
            runner.check(f"go, {kind}, {way}: as without us",
                         plain.returncode == status == outcome.returncode and texts[0] == texts[1], (plain, outcome))
            ends = [(report["end"]["kind"], report["end"]["status"]) for report in reports.values()]
            runner.check(f"go, {kind}, {way}: a report", ends == [("_exit", status)], reports)
            leaks = [(leak["count"], leak["bytes"]) for report in reports.values() for leak in report["leaks"]]
            runner.check(f"go, {kind}, {way}: what it lost",
                         leaks == [(10, 10000)] if kind == "pie" else sum(count for count, _ in leaks) > 0, leaks)
            outcome, _ = runner.run(way, report=None, command=[program], MEMSCOPE_LEAK_EXITCODE="55")
            runner.check(f"go, {kind}, {way}: status for leaks", outcome.returncode == 55, outcome)


def swift(runner):
    source, program = runner.folder / "crash.swift", runner.folder / "crash"
    source.write_text(CRASH)
    subprocess.run(["swiftc", source, "-o", program], check=True, stdin=subprocess.DEVNULL)
    asked = {"SWIFT_BACKTRACE": "enable=yes,color=no,interactive=no"}
    url = {"MEMSCOPE_SERVER_URL": f"unix://{runner.folder}/crash.sock"}
    for values in ({}, url, url | {"MEMSCOPE_CHECKS": "off"}, url | {"MEMSCOPE_MODE": "off"}):
        outcome, reports = runner.run("", command=[program], report=None if values else "report.json",
                                      **asked, **values)
        runner.check(f"a crash in Swift {values}: ends so, and has its backtrace",
                     outcome.returncode == -4 and "element(_:of:)" in outcome.stderr, outcome)
        runner.check(f"a crash in Swift {values}: all threads are held", "failed" not in outcome.stderr, outcome.stderr)
        runner.check(f"a crash in Swift {values}: a report, if asked for", len(reports) == (not values), reports)


def foreign(runner):
    go(runner)
    swift(runner)
