"""What the preloaded library adds to a process, and what it does not change."""

import shutil
import subprocess
import time
from pathlib import Path

# Of the engine; none of them is in a process that only records.
BROUGHT = ("libMemscopeEngine", "libMemscopeBridge", "libswiftCore", "libstdc++", "libz.", "libdw", "libmicrohttpd")


def mapped(runner, **values: str) -> tuple[str, list[str]]:
    outcome, _ = runner.run("/proc/self/maps", report=None, command=["cat"], **values)
    return outcome.stderr, [line.split("/")[-1] for line in outcome.stdout.splitlines() if "/" in line]


def contents(runner):
    errors, files = mapped(runner)
    brought = [name for name in files if name.startswith(BROUGHT)]
    runner.check("recording alone loads one library", errors == "" and not brought, brought)
    runner.check("recording alone: that library", any(name.startswith("libMemscopePreload") for name in files), files)
    errors, files = mapped(runner, MEMSCOPE_SERVER_URL=f"unix://{runner.folder}/maps.sock")
    runner.check("a server loads the engine", any(name.startswith("libMemscopeEngine") for name in files), errors)


def versions(runner):
    """A program with libraries of its own under the names of ours, found before the system's."""
    own = runner.folder / "own-libraries"
    own.mkdir()
    (own / "z.c").write_text('const char *zlibVersion(void) { return "its own"; }\n')
    (own / "main.c").write_text(
        "#include <stdio.h>\n#include <stdlib.h>\nconst char *zlibVersion(void);\n"
        "int main(void) { puts(zlibVersion()); *(char *volatile *)malloc(100) = 0; return 6; }\n"
    )
    for name in ("libz.so.1", "libstdc++.so.6", "libdw.so.1", "libmicrohttpd.so.12", "libgnutls.so.30"):
        command = ["clang", "-shared", "-fPIC", f"-Wl,-soname,{name}", own / "z.c", "-o", own / name]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    program = own / "main"
    subprocess.run(["clang", own / "main.c", own / "libz.so.1", "-o", program], check=True, stdin=subprocess.DEVNULL)
    outcome, reports = runner.run("", command=[program], LD_LIBRARY_PATH=str(own))
    told = (outcome.returncode, outcome.stdout, outcome.stderr)
    runner.check("a program has its own libz: runs as without us", told == (6, "its own\n", ""), outcome)
    blocks = [report["summary"]["unreachableBlocks"] for report in reports.values()]
    runner.check("a program has its own libz: report", blocks == [1], reports)


def crashes(runner):
    for values in ({}, {"SWIFT_BACKTRACE": "enable=yes"}):
        for way, status in (("segv", -11), ("abort", -6)):
            outcome, reports = runner.run(way, **values)
            told = (outcome.returncode, outcome.stderr, len(reports))
            runner.check(f"{way} of a program in C prints nothing of ours {values}", told == (status, "", 1), outcome)


def missing(runner):
    """The library alone, without what it loads."""
    alone = runner.folder / "alone"
    alone.mkdir()
    shutil.copy(runner.library, alone / "libMemscopePreload.so")
    for present in ((), ("libMemscopeBridge.so",)):
        for name in present:
            shutil.copy(Path(runner.library).parent / name, alone / name)
        outcome, reports = runner.run("return", LD_PRELOAD=str(alone / "libMemscopePreload.so"))
        lines = outcome.stderr.splitlines()
        runner.check("without the engine: runs as without us", outcome.returncode == 3 and not reports, outcome)
        named = len(lines) == 1 and "no server, no report" in lines[0] and "libMemscope" in lines[0]
        runner.check("without the engine: names what is missing", named, outcome.stderr)
    outcome, _ = runner.run("return", report=None, LD_PRELOAD=str(alone / "libMemscopePreload.so"))
    runner.check("without the engine: silent where none is asked for", outcome.stderr == "", outcome)


def forks(runner):
    """Children that inherit ld.so's lock from a thread which they do not have."""
    program, plugin = runner.folder / "forks_amid", runner.folder / "amid.so"
    here = Path(__file__).resolve().parent
    subprocess.run(["clang", "-O1", here / "forks_amid.c", "-o", program, "-lpthread"], check=True)
    subprocess.run(["clang", "-shared", "-fPIC", here / "plugin.c", "-o", plugin], check=True)
    outcome, reports = runner.run(str(plugin), command=[program])
    told = (outcome.returncode, outcome.stdout, outcome.stderr)
    runner.check("forks amid dlopen: as without us, with no delay", told == (0, "20\n", ""), outcome)
    runner.check("forks amid dlopen: a report for each", len(reports) == 21, list(reports))


def loading(runner):
    """Ends that come while the thread holds ld.so's lock, which the reporter needs."""
    program, plugin = runner.folder / "loading", runner.folder / "loaded.so"
    here = Path(__file__).resolve().parent
    subprocess.run(["clang", "-O1", here / "loading.c", "-o", program, "-ldl"], check=True)
    subprocess.run(["clang", "-shared", "-fPIC", here / "plugin.c", "-o", plugin], check=True)
    for how in ["visit"] + 5 * ["load"]:
        began = time.monotonic()
        outcome, reports = runner.run(str(plugin), command=[program, how])
        quick = time.monotonic() - began < 5
        runner.check(f"SIGTERM under ld.so's lock, {how}: ends it, silently and soon",
                     (outcome.returncode, outcome.stderr, quick) == (-15, "", True), outcome)
        # The child that sends the signal leaves one of its own.
        ends = [report["end"]["signal"] for report in reports.values()]
        runner.check(f"SIGTERM under ld.so's lock, {how}: the report is there", 15 in ends, ends)
    beginning = runner.folder / "beginning.so"
    source = runner.folder / "beginning.c"
    source.write_text("#include <stdlib.h>\n__attribute__((constructor)) static void begin(void) { exit(9); }\n")
    subprocess.run(["clang", "-shared", "-fPIC", source, "-o", beginning], check=True, stdin=subprocess.DEVNULL)
    for how, status in (("stay", -15), ("crash", -11), ("exit", 9), ("_exit", 9), ("begin", 9)):
        began = time.monotonic()
        outcome, reports = runner.run(str(beginning if how == "begin" else plugin), command=[program, how])
        runner.check(f"under ld.so's lock for good, {how}: ends in seconds",
                     (outcome.returncode, outcome.stderr) == (status, "") and time.monotonic() - began < 5, outcome)
        blocks = [report["summary"]["unreachableBlocks"] for report in reports.values()]
        runner.check(f"under ld.so's lock for good, {how}: its report", blocks == [1], reports)


def library(runner):
    contents(runner)
    versions(runner)
    crashes(runner)
    missing(runner)
    forks(runner)
    loading(runner)
