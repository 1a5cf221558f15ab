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


def guards(options):
    tests = []
    each = 20000 if options.quick else 125000
    every = {"MEMSCOPE_GUARD_RATE": 1, "MEMSCOPE_GUARD_SLOTS": 600}
    for way in WAYS:
        for mode in ("full", "balanced"):
            for side in ("after", "before"):
                tests.append(
                    program_test(
                        f"checks/guard.c {way} {mode} {side}",
                        "checks/guard.c",
                        way,
                        mode,
                        (side,),
                        MEMSCOPE_GUARD_SIDE=side,
                        **every,
                    )
                )
        tests.append(program_test(f"checks/handlers.c {way}", "checks/handlers.c", way, **every))
        tests.append(program_test(f"checks/storm.c {way}", "checks/storm.c", way, arguments=(each,), **every))
    for rate, way in ((20, "linked"), (1000, "preloaded"), (5000, "linked")):
        name = f"checks/rate.c {way} {rate}"
        tests.append(program_test(name, "checks/rate.c", way, arguments=(rate,), MEMSCOPE_GUARD_RATE=rate))
    return tests


def canaries():
    tests = []
    for way in WAYS:
        tests.append(program_test(f"checks/canary.c {way}", "checks/canary.c", way, MEMSCOPE_CHECKS="full"))
    return tests


def tests(options):
    return bad_frees() + guards(options) + canaries()
