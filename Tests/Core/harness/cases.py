"""The programs that check themselves: exactness, allocators, process life."""

import glob
import re
import subprocess

from harness import processes
from harness.build import REMEDY, BuildError
from harness.results import Result, Test, parse_lines

WAYS = ("linked", "preloaded")
# Behind the core in the list of preloaded libraries, so that it forwards to them.
ALLOCATORS = {
    "glibc": None,
    "jemalloc": "libjemalloc.so.2",
    "tcmalloc": "libtcmalloc_minimal.so.4",
    "mimalloc": "libmimalloc.so.2",
}
EXIT_WAYS = (
    "overflow",
    "overflow-handled",
    "overflow-thread",
    "abort",
    "abort-handled",
    "null",
    "exit",
    "quick",
    "raw",
    "thread-exit",
)
# Bad frees are reported and not passed on: the program goes on where libc would have ended it.
REFUSED_FREES = {"double-free": 0, "wild-free": 20, "stack-free": 20}


def library(name):
    """Finds an installed library, when a test runs."""

    def find(build):
        found = [path for pattern in ("/usr/lib/*/", "/usr/lib64/", "/usr/lib/") for path in glob.glob(pattern + name)]
        if not found:
            raise BuildError(f"there is no {name}; {REMEDY}")
        return found[0]

    return find


def checked(outcome):
    """The program's lines; its death or silence is a failure too."""
    results = parse_lines(outcome.text)
    failed = any(not result.passed for result in results)
    if not results or (outcome.status != 0 and not failed):
        results.append(Result(False, "ends well", f"status {outcome.status}\n{outcome.text[-800:]}\n{outcome.tail()}"))
    elif outcome.status not in (0, 1):
        results.append(Result(False, "ends well", f"status {outcome.status}\n{outcome.tail()}"))
    return results


def program_test(name, source, way, mode="full", arguments=(), timeout=150, behind=None, flags=("-O2",), **environment):
    def run(build):
        path = build.program(source, way, flags)
        real = [argument(build) if callable(argument) else argument for argument in arguments]
        preload = [build.core_library()] if way == "preloaded" else []
        if behind:
            preload.append(behind(build) if callable(behind) else behind)
        values = build.environment(mode, preload, **environment)
        return checked(processes.run([path, *real], values, build.folder, timeout))

    return Test(name, run)


def exactness():
    tests = []
    for way in WAYS:
        for mode in ("full", "balanced"):
            for source in ("entries.c", "sizes.c", "operators.cpp", "libc.c", "threads.c"):
                tests.append(program_test(f"exact/{source} {way} {mode}", f"exact/{source}", way, mode))
        for source in ("modes.c", "walk.c", "events.c", "watched.c"):
            tests.append(program_test(f"exact/{source} {way}", f"exact/{source}", way))
    for mode in ("full", "balanced"):
        tests.append(program_test(f"exact/scopes.c linked {mode}", "exact/scopes.c", "linked", mode))
        tests.append(program_test(f"exact/tasks.c linked {mode}", "exact/tasks.c", "linked", mode))
    # The interval is fixed once there are samples, so each has a process of its own.
    for interval, way in ((4096, "linked"), (65536, "preloaded"), (524288, "linked")):
        tests.append(program_test(f"exact/sampled.c {way} {interval}", "exact/sampled.c", way, arguments=(interval,)))
    for way in WAYS:
        name = f"exact/fixed_address.c {way}"
        tests.append(program_test(name, "exact/fixed_address.c", way, flags=("-O2", "-no-pie", "-fno-pie")))
    tests.append(program_test("exact/replaced.cpp preloaded", "exact/replaced.cpp", "preloaded"))
    return tests


def allocators(options):
    tests = []
    steps = 40000 if options.quick else 300000
    for name, file in ALLOCATORS.items():
        behind = library(file) if file else None
        for way in WAYS:
            for mode in ("full", "balanced"):
                for threads in (1, 4):
                    seed = 17 + threads + (mode == "full") * 5 + (way == "linked") * 11
                    label = f"allocators/model.c {name} {way} {mode} {threads} threads"
                    tests.append(
                        program_test(label, "allocators/model.c", way, mode, (seed, steps, threads), behind=behind)
                    )
            tests.append(program_test(f"allocators/shrunk.c {name} {way}", "allocators/shrunk.c", way, behind=behind))
            if name != "glibc":
                tests.append(
                    program_test(f"allocators/operators.cpp {name} {way}", "exact/operators.cpp", way, behind=behind)
                )
    return tests


def exit_test(word, way):
    def run(build):
        plain = processes.run([build.program("life/leave.c", "preloaded"), word], build.environment(), build.folder, 60)
        preload = [build.core_library()] if way == "preloaded" else []
        ours = processes.run(
            [build.program("life/leave.c", way), word], build.environment(preload=preload), build.folder, 60
        )
        same = (plain.status, plain.output, plain.errors) == (ours.status, ours.output, ours.errors)
        reason = (
            f"without: {plain.status} {plain.output} {plain.tail()}\nwith: {ours.status} {ours.output} {ours.tail()}"
        )
        return [Result(same, f"{word} ends the program as it does without the core", reason)]

    return Test(f"life/leave {word} {way}", run)


def refused_test(word, way):
    def run(build):
        preload = [build.core_library()] if way == "preloaded" else []
        ours = processes.run(
            [build.program("life/leave.c", way), word], build.environment(preload=preload), build.folder, 60
        )
        same = (ours.status, ours.output, ours.errors) == (REFUSED_FREES[word], b"", b"")
        reason = f"status {ours.status} {ours.output} {ours.tail()}"
        return [Result(same, f"after {word} the program goes on in silence", reason)]

    return Test(f"life/leave {word} {way}", run)


def images_tests(way):
    """Images, in a program started as usual and through its loader."""

    def run(build, through_loader):
        path = build.program("life/images.c", way)
        loader = [interpreter(path)] if through_loader else []
        command = [*loader, path, path, build.plugin(), build.plugin("other"), *["program"] * through_loader]
        values = build.environment(preload=[build.core_library()] if way == "preloaded" else [])
        return checked(processes.run(command, values, build.folder, 150))

    return [
        Test(f"life/images.c {way}", lambda build: run(build, False)),
        Test(f"life/images.c {way}, started through the loader", lambda build: run(build, True)),
    ]


def interpreter(program):
    """The loader that a program asks for."""
    text = subprocess.run(["readelf", "-lW", program], capture_output=True, text=True, check=True).stdout
    return re.search(r"interpreter: (\S+)\]", text)[1]


def limited(limit, level):
    """A program that may map little: for the tables, or also for itself."""

    def run(build):
        path = build.program("life/limits.c", "preloaded")
        values = build.environment(preload=[build.core_library()], MEMSCOPE_CHECKS=level)
        outcome = processes.run(["prlimit", limit, path], values, build.folder, 60)
        lines = [line for line in outcome.errors.decode(errors="replace").splitlines() if "nothing is tracked" in line]
        return checked(outcome) + [Result(len(lines) == 1, "says once that nothing is tracked", outcome.tail())]

    return Test(f"life/limits.c {limit} {level}", run)


def limits():
    levels = ("off", "sampled", "full", "pages")
    values = [f"--{kind}={size << 20}" for kind in ("as", "data") for size in (256, 900)]
    tests = [limited(value, level) for value in values for level in levels]
    for level in levels:
        tests += [
            program_test(f"life/limits.c {way} {level}", "life/limits.c", way, MEMSCOPE_CHECKS=level) for way in WAYS
        ]
        tests.append(
            program_test(
                f"life/limits.c, an allocator that calls itself, {level}",
                "life/limits.c",
                "preloaded",
                behind=lambda build: build.allocator("calls_itself"),
                MEMSCOPE_CHECKS=level,
            )
        )
    return tests


def locked(way, level):
    """A program that keeps all of its memory resident: ours is not what fills it."""

    def run(build):
        outcomes = []
        for way_of_run, preload in (("preloaded", []), (way, [build.core_library()] if way == "preloaded" else [])):
            path = build.program("life/locks.c", way_of_run)
            values = build.environment(preload=preload, MEMSCOPE_CHECKS=level)
            outcomes.append(processes.run([path], values, build.folder, 60))
        plain, ours = outcomes
        if plain.status != 0 or ours.status != 0:
            same = plain.status == ours.status
            return [Result(same, "ends as without the core", f"{plain.status}, {ours.status}: {ours.tail()}")]
        more = int(ours.output) - int(plain.output)
        return [Result(more < 20 << 10, "20 MiB more are resident at most", f"{more} KiB more")]

    return Test(f"life/locks.c {way} {level}", run)


def filters():
    tests = []
    for way in WAYS:
        for kind in ("refused", "deadly", "strict"):
            for level in ("off", "sampled", "full", "pages"):
                label = f"life/filters.c {way} {kind} {level}"
                tests.append(
                    program_test(label, "life/filters.c", way, arguments=(kind,), MEMSCOPE_CHECKS=level)
                )
    return tests


def life(options):
    forks = 100 if options.quick else 250
    threads = 2000 if options.quick else 20000
    plugins = (lambda build: build.plugin(), lambda build: build.plugin("other"))
    tests = []
    for way in WAYS:
        tests += [
            program_test(f"life/fork.c {way}", "life/fork.c", way, arguments=(forks,), timeout=240),
            program_test(f"life/growing.c {way}", "life/growing.c", way),
            program_test(f"life/exec.c {way}", "life/exec.c", way),
            program_test(f"life/storms.c {way}", "life/storms.c", way, arguments=(threads,)),
            program_test(f"life/local.cpp {way}", "life/local.cpp", way),
            program_test(f"life/signals.c {way}", "life/signals.c", way),
            program_test(f"life/dlopen.c {way}", "life/dlopen.c", way, arguments=plugins),
            program_test(f"life/leave.c {way}", "life/leave.c", way),
            program_test(f"life/small_stacks.c {way}", "life/small_stacks.c", way),
        ]
        for mode in ("full", "sampled", "off"):
            tests.append(program_test(f"life/own_heap.c {way} {mode}", "life/own_heap.c", way, mode))
            tests.append(program_test(f"life/new_threads.c {way} {mode}", "life/new_threads.c", way, mode))
        tests += images_tests(way)
        tests += [exit_test(word, way) for word in EXIT_WAYS]
        tests += [refused_test(word, way) for word in REFUSED_FREES]
    return tests


def both_at_once():
    """A program that has the core linked, started with the preload library as well."""

    def run(build):
        path = build.program("exact/entries.c", "linked")
        outcome = processes.run([path], build.environment(preload=[build.core_library()]), build.folder)
        results = checked(outcome)
        lines = [line for line in outcome.errors.decode(errors="replace").splitlines() if line]
        results.append(Result(len(lines) == 1, "says once that the linked copy wins", "\n".join(lines)))
        return results

    return Test("life/linked and preloaded", run)


def bad_values():
    """A bad value of a variable: one line that names it and what is accepted, then the default."""

    def run(build):
        path = build.program("exact/events.c", "preloaded")
        outcome = processes.run([path], build.environment("fastest", [build.core_library()]), build.folder)
        text = outcome.errors.decode(errors="replace").strip()
        named = all(word in text for word in ("MEMSCOPE_MODE", "full", "balanced", "sampled", "off"))
        return checked(outcome) + [
            Result(named and "\n" not in text, "a bad MEMSCOPE_MODE is named in one line with what is accepted", text)
        ]

    return Test("life/bad MEMSCOPE_MODE", run)


def empty_values():
    """An empty variable is as good as none: the default mode, which the program checks, and not a word."""

    def run(build):
        path = build.program("exact/events.c", "preloaded")
        outcome = processes.run([path], build.environment("", [build.core_library()]), build.folder)
        text = outcome.errors.decode(errors="replace")
        return checked(outcome) + [Result(text == "", "an empty MEMSCOPE_MODE counts as unset", text)]

    return Test("life/empty MEMSCOPE_MODE", run)


def tests(options):
    locks = [locked(way, level) for way in WAYS for level in ("off", "sampled", "full", "pages")]
    single = [both_at_once(), bad_values(), empty_values()]
    return exactness() + allocators(options) + life(options) + limits() + filters() + locks + single
