"""The heap as a graph: programs that ask the core for a scan, and know what it must find."""

from harness.build import TESTS
from harness.cases import ALLOCATORS, WAYS, library, program_test

HOLDS = ("ptrace", "signal", "stopped")
FORBIDDEN = ("ptrace", "kill", "clone", "limit")


def variable(build):
    """A library whose thread-local variable the loader allocates."""
    source = TESTS / "scan/variable.c"
    return build._once("variable.so", lambda path: build._call(["clang", "-shared", "-fPIC", source, "-o", path]))


def tests(options):
    found = []
    scans = 20 if options.quick else 50
    for way in WAYS:
        found.append(program_test(f"scan/roots.c {way}", "scan/roots.c", way))
        for hold in HOLDS:
            name = f"scan/threads.c {way} {hold}"
            found.append(program_test(name, "scan/threads.c", way, arguments=(variable, hold)))
        found.append(program_test(f"scan/kernel.c {way}", "scan/kernel.c", way))
        found.append(program_test(f"scan/tracer.c {way}", "scan/tracer.c", way))
        for hold in HOLDS:
            found.append(program_test(f"scan/frames.c {way} {hold}", "scan/frames.c", way, arguments=(hold,)))
    for hold in HOLDS:
        found.append(program_test(f"scan/unseen.c {hold}", "scan/unseen.c", "linked", arguments=(hold,)))
        label = f"scan/busy.c {hold}"
        found.append(program_test(label, "scan/busy.c", "linked", arguments=(scans, 8, hold), timeout=400))
    for what in FORBIDDEN:
        found.append(program_test(f"scan/forbidden.c {what}", "scan/forbidden.c", "linked", arguments=(what,)))
    found.append(program_test("scan/large.c", "scan/large.c", "linked"))
    found.append(program_test("scan/read.c", "scan/read.c", "linked"))
    for name, file in ALLOCATORS.items():
        behind = library(file) if file else None
        if behind:
            found.append(program_test(f"scan/held.c {name}", "scan/held.c", "linked", behind=behind))
            label = f"scan/busy.c {name}"
            found.append(program_test(label, "scan/busy.c", "linked", arguments=(20, 4), behind=behind, timeout=400))
    return found
