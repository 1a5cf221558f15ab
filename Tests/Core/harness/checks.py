"""The memory checks: each crime alone, each twin without one, in every configuration."""

from harness.cases import WAYS, program_test


def bad_frees():
    tests = []
    for way in WAYS:
        for mode in ("full", "balanced"):
            for level in ("off", "sampled"):
                tests.append(
                    program_test(
                        f"checks/badfree.c {way} {mode} {level}",
                        "checks/badfree.c",
                        way,
                        mode,
                        ("complete",),
                        MEMSCOPE_CHECKS=level,
                    )
                )
        tests.append(program_test(f"checks/badfree.c {way} sampled", "checks/badfree.c", way, "sampled"))
        tests.append(program_test(f"checks/families.cpp {way}", "checks/families.cpp", way))
    return tests


def tests(options):
    return bad_frees()
