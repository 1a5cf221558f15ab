"""Real programs, with and without the core preloaded: same output, same exit status."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness import processes, server
from harness.build import ROOT, TESTS
from harness.results import Result, Test

MODES = ("full", "balanced", "sampled", "off")
# Everything is tracked, and checked: programs that do nothing wrong, so that each report is a false one.
CHECKS = ("checks sampled", "checks full", "checks pages")
PYTHON_MODULES = (
    "test_json",
    "test_dict",
    "test_list",
    "test_re",
    "test_sqlite3",
    "test_gc",
    "test_subprocess",
    "test_zlib",
    "test_bytes",
    "test_set",
    "test_struct",
    "test_fork1",
    "test_mmap",
    "test_ctypes",
    "test_thread",
)
COMMITS = 25  # of this repository, that git works on
_cloning = threading.Lock()
# Skipped under --quick: these take the time.
SLOW_MODULES = ("test_subprocess", "test_bytes", "test_re")


@dataclass
class Program:
    """`prepare` makes a folder's content once for each run, outside the comparison."""

    name: str
    command: Callable
    prepare: Callable = lambda folder: None
    input: str = ""
    compare: Callable = lambda outcome: (outcome.status, outcome.output)
    timeout: int = 200


def python_with_tests():
    """An interpreter that has its own test package; distributions often leave it out."""
    candidates = [sys.executable, shutil.which("python3")]
    candidates += sorted(str(path) for path in Path.home().glob(".pyenv/versions/3.1*/bin/python3"))
    for candidate in filter(None, candidates):
        probe = "import sys, test.test_json, test.test_struct; print(sys.executable)"
        result = subprocess.run([candidate, "-c", probe], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if result.returncode == 0:
            return os.path.realpath(result.stdout.split()[-1])
    return "a python3 with its own tests"  # which is not found


def verdict_of_python(outcome):
    """regrtest's verdict; its times and seeds differ from run to run."""
    lines = outcome.text.splitlines()
    return outcome.status, [
        line for line in lines if line.startswith(("Result:", "== Tests result:", "1 test ", "Total test files:"))
    ]


def make_clone(path):
    # Through a protocol: a copy of the folder would have whatever lies about in it, such as work on other branches.
    source = ["--single-branch", f"--depth={COMMITS}", f"file://{ROOT}"]
    subprocess.run(["git", "clone", "-q", *source, str(path)], check=True, stdin=subprocess.DEVNULL)
    # Commit times would differ between the two runs.
    for key, value in (("user.name", "Tester"), ("user.email", "tester@example.org"), ("gc.auto", "0")):
        subprocess.run(["git", "-C", str(path), "config", key, value], check=True)


def clone(folder):
    """A copy of the clone that all runs have in common."""
    common = folder.parent.parent / "clone"
    with _cloning:
        if not common.exists():
            make_clone(common)
    shutil.copytree(common, folder / "clone", symlinks=True)


def sql(folder):
    lines = ["PRAGMA journal_mode=MEMORY;", "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, n REAL);", "BEGIN;"]
    lines += [f"INSERT INTO t(name, n) VALUES('name {i * 7919 % 10007}', {i * 1.5});" for i in range(8000)]
    lines += [
        "COMMIT;",
        "CREATE INDEX i ON t(name);",
        "SELECT count(*), sum(n), max(name) FROM t WHERE name LIKE 'name 1%';",
        "SELECT substr(name, 1, 7) k, count(*), group_concat(id % 10, '') FROM t GROUP BY k ORDER BY k LIMIT 200;",
        "WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM c WHERE x < 5000) "
        "SELECT sum(x * x), json_group_array(x) FROM c;",
        "DELETE FROM t WHERE id % 3 = 0;",
        "VACUUM;",
        "SELECT md FROM (SELECT hex(sum(id)) md FROM t);",
        "PRAGMA integrity_check;",
    ]
    (folder / "script.sql").write_text("\n".join(lines) + "\n")


def script(name):
    return TESTS / "programs" / name


def everyday(seconds=3):
    """`seconds` is for how long files are closed: a server's threads open theirs once a second, the core has none."""
    return [
        Program("git log", lambda f: ["git", "-C", f / "clone", "log", "-p", "--stat", "--no-color"], clone),
        Program("git status, diff, fsck and gc", lambda f: ["bash", script("git.sh"), f / "clone"], clone),
        Program("perl", lambda f: ["perl", script("work.pl")]),
        Program("node", lambda f: ["node", script("work.js")]),
        Program("bash that forks", lambda f: ["bash", script("forks.sh")]),
        Program("sqlite3", lambda f: ["sqlite3", ":memory:"], sql, "script.sql"),
        Program("python script", lambda f: ["python3", script("work.py")]),
        Program("python that closes what it has not", lambda f: ["python3", script("close.py"), str(seconds)]),
        Program(
            "gcc",
            lambda f: ["gcc", "-O2", "-D_GNU_SOURCE", "-fno-builtin", "-S", "-o", "-", TESTS / "stacks" / "frames.c"],
        ),
        Program(
            "tar and gzip",
            lambda f: ["bash", "-c", f"tar c --sort=name -C '{TESTS}' stacks support | gzip -9n | sha256sum"],
        ),
        Program(
            "swiftc",
            lambda f: ["swiftc", "-O", "-S", script("work.swift"), "-module-cache-path", f / "modules", "-o", "-"],
        ),
        Program(
            "find and sort",
            lambda f: ["bash", "-c", "find /usr/lib -maxdepth 3 -name '*.so*' | LC_ALL=C sort -r | sha256sum"],
        ),
    ]


def python_modules(options):
    python = python_with_tests()
    modules = [name for name in PYTHON_MODULES if not (options.quick and name in SLOW_MODULES)]

    def module(name):
        # No TTY, no network, a folder of its own; the verdict is what is compared.
        return Program(
            f"python3 -m {name}",
            lambda f: [python, "-m", "test", "-q", "--timeout", "150", "--tempdir", f, name],
            compare=verdict_of_python,
        )

    return [module(name) for name in modules]


def preloaded(program, mode, build, folder, with_server):
    told = folder / "told"
    checks = {"MEMSCOPE_CHECKS": mode.split()[1], "MEMSCOPE_GUARD_RATE": 50} if mode in CHECKS else {}
    tracked = "full" if checks else mode
    values = build.environment(tracked, [build.core_library(), build.telling_library()], TELL_FILE=told, **checks)
    watcher = None
    poll = server.Poll(build.folder) if with_server else None
    if poll:
        values["MEMSCOPE_SERVER_URL"] = poll.url
        watcher = poll.watch
    program.prepare(folder)
    source = folder / program.input if program.input else None
    outcome = processes.run(program.command(folder), values, folder, program.timeout, source, watcher)
    return outcome, poll, told.read_text() if told.exists() else ""


def plain(program, build, folder):
    """The program without the core."""
    program.prepare(folder)
    values = {key: value for key, value in build.environment().items() if key != "MEMSCOPE_MODE"}
    source = folder / program.input if program.input else None
    return processes.run(program.command(folder), values, folder, program.timeout, source)


def fresh(program, build):
    """An empty folder: each run's has the same path, so that no path differs in their output."""
    folder = build.folder / ("programs-" + "".join(c if c.isalnum() else "_" for c in program.name)) / "work"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def comparison(program, modes, options):
    def run(build):
        wanted = plain(program, build, fresh(program, build))
        results = []
        for mode in modes:
            got, poll, told = preloaded(program, mode, build, fresh(program, build), options.server)
            same = program.compare(wanted) == program.compare(got)
            results.append(Result(same, f"same output and status in {mode}", difference(program, wanted, got)))
            if mode in ("full", "balanced"):
                seen = [int(line.split()[1]) for line in told.splitlines()]
                results.append(Result(any(seen), f"was tracked in {mode}", f"allocations by process: {seen}"))
            if mode in CHECKS:
                reports = [line for line in told.splitlines() if int(line.split()[3])]
                results.append(Result(bool(told) and not reports, f"no report in {mode}", "\n".join(reports)))
            if poll:
                results.append(poll.result())
        return results

    return Test(f"programs/{program.name}", run)


def difference(program, wanted, got):
    a, b = program.compare(wanted), program.compare(got)
    text = f"without: status {a[0]}, with: status {b[0]}"
    if a[1] != b[1]:
        first, second = (
            value if isinstance(value, list) else value.decode(errors="replace").splitlines() for value in (a[1], b[1])
        )
        at = next((i for i, pair in enumerate(zip(first, second)) if pair[0] != pair[1]), min(len(first), len(second)))
        text += f"\nline {at + 1} without: {first[at:at + 1]}, with: {second[at:at + 1]}"
    return f"{text}\n{got.tail()}"


def tests(options):
    found = []
    for program in everyday(3 if options.server else 1):
        found.append(comparison(program, ("full", *CHECKS[1:2]) if options.quick else MODES + CHECKS, options))
    # Each module runs in one mode; the four modes take turns.
    for index, program in enumerate(python_modules(options)):
        modes = ("full", MODES[index % 4]) if not options.quick and index % 4 else ("full",)
        slow = program.name.split()[-1] in SLOW_MODULES
        found.append(comparison(program, modes[:1] if slow else (*modes, CHECKS[index % 3]), options))
    return found
