"""The heap as a graph: programs that ask the core for a scan and know what it must find."""

from harness.cases import WAYS, program_test


def tests(options):
    return [program_test(f"scan/roots.c {way}", "scan/roots.c", way) for way in WAYS]
