"""The memory checks: each error alone, each twin without the error, in every configuration."""

from harness import processes
from harness.cases import ALLOCATORS, WAYS, checked, library, program_test
from harness.results import Result, Test

REFUSED = {
    "MEMSCOPE_CHECKS": "some",
    "MEMSCOPE_ON_ERROR": "panic",
    "MEMSCOPE_GUARD_SIDE": "left",
    "MEMSCOPE_GUARD_ALIGN": "4",
    "MEMSCOPE_GUARD_RATE": "0",
    "MEMSCOPE_GUARD_SLOTS": "20000",
    "MEMSCOPE_PAGES_BYTES": "much",
    "MEMSCOPE_QUARANTINE_BYTES": "-1",
}


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
    # Its code lies among the lowest addresses.
    fixed = ("-O2", "-no-pie", "-fno-pie")
    tests.append(program_test("checks/badfree.c fixed", "checks/badfree.c", "preloaded", flags=fixed))
    return tests


def guards(options):
    tests = []
    each = 20000 if options.quick else 30000
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
        for source in ("checks/canary.c", "checks/arena.c"):
            tests.append(program_test(f"{source} {way}", source, way, MEMSCOPE_CHECKS="full"))
        tests.append(
            program_test(
                f"checks/neighbours.c {way} full",
                "checks/neighbours.c",
                way,
                arguments=("full",),
                MEMSCOPE_CHECKS="full",
            )
        )
        tests.append(
            program_test(
                f"checks/neighbours.c {way} reused",
                "checks/neighbours.c",
                way,
                arguments=("reused",),
                MEMSCOPE_CHECKS="full",
                MEMSCOPE_QUARANTINE_BYTES=0,
            )
        )
    return tests


def pages():
    sides = [
        program_test(
            f"{source} {way} {side}",
            source,
            way,
            arguments=(side,),
            MEMSCOPE_CHECKS="pages",
            MEMSCOPE_GUARD_SIDE=side,
        )
        for way in WAYS
        for side in ("after", "before")
        for source in ("checks/pages.c", "checks/neighbours.c")
    ]
    return sides + [
        program_test(
            f"checks/align.c {way} {alignment}",
            "checks/align.c",
            way,
            arguments=(alignment,),
            MEMSCOPE_CHECKS="pages",
            MEMSCOPE_GUARD_SIDE="after",
            MEMSCOPE_GUARD_ALIGN=alignment,
        )
        for way in WAYS
        for alignment in (1, 8, 16)
    ]


def leave(way, crime, status, says, **environment):
    def run(build):
        preload = [build.core_library()] if way == "preloaded" else []
        values = build.environment("full", preload, **environment)
        outcome = processes.run([build.program("checks/leave.c", way), crime], values, build.folder, 60)
        text = outcome.errors.decode()
        lines = text.count("\n")
        right = outcome.status == status and (says in text and lines == 1 if says else lines == 0)
        return [Result(right, f"{crime or 'no crime'} ends with {status}", f"{outcome.status}: {text}")]

    return Test(f"checks/leave.c {way} {crime} {' '.join(environment.values())}", run)


def endings():
    tests = []
    for way in WAYS:
        abort = {"MEMSCOPE_CHECKS": "full", "MEMSCOPE_ON_ERROR": "abort"}
        for crime, kind in (
            ("overflow", "overflow"),
            ("underflow", "underflow"),
            ("freed", "use-after-free-write"),
            ("twice", "double-free"),
        ):
            tests.append(leave(way, crime, "signal 6", kind, **abort))
            tests.append(leave(way, crime, 17, "", MEMSCOPE_CHECKS="full"))
        tests.append(leave(way, "", 17, "", **abort))
        for variable, value in REFUSED.items():
            says = f"memscope: {variable} is '{value}'; accepted are "
            tests.append(leave(way, "", 17, says, **{variable: value}))
        says = "memscope: MEMSCOPE_MODE is 'sampled', but MEMSCOPE_CHECKS needs full; using full"
        tests.append(leave(way, "", 17, says, MEMSCOPE_CHECKS="pages", MEMSCOPE_MODE="sampled"))
    return tests


def crowd(way, **checks):
    """More threads than the core keeps apart. The run without it tells whether the kernel lets so many live."""

    def run(build):
        outcomes = []
        for way_of_run, preload in (("preloaded", []), (way, [build.core_library()] if way == "preloaded" else [])):
            path = build.program("checks/crowd.c", way_of_run)
            outcomes.append(processes.run([path], build.environment("full", preload, **checks), build.folder, 120))
        plain, ours = outcomes
        if plain.status != 0:
            return [Result(False, "the kernel lets 9,000 threads live without the core", plain.text + plain.tail())]
        same = (plain.status, plain.output, plain.errors) == (ours.status, ours.output, ours.errors)
        reason = f"without: {plain.status} {plain.output}\nwith: {ours.status} {ours.output} {ours.tail()}"
        return checked(ours) + [Result(same, "ends as without the core", reason)]

    return Test(f"checks/crowd.c {way} {' '.join(checks.values())}", run)


def crowds():
    found = [crowd(way, MEMSCOPE_CHECKS="full") for way in WAYS]
    return found + [crowd("preloaded", MEMSCOPE_CHECKS="sampled")]


def twins(options):
    """Programs that check the core's figures and the blocks they get: the checks must change neither."""
    steps = 20000 if options.quick else 100000
    tests = []
    for level in ("full", "pages"):
        checks = {"MEMSCOPE_CHECKS": level}
        for name, file in ALLOCATORS.items():
            behind = library(file) if file else None
            for way, threads in (("linked", 1), ("preloaded", 4)):
                label = f"checks/model.c {name} {way} {level} {threads} threads"
                arguments = (23 + threads, steps, threads)
                tests.append(
                    program_test(label, "allocators/model.c", way, arguments=arguments, behind=behind, **checks)
                )
        for source, arguments in (
            ("exact/entries.c", ()),
            ("exact/sizes.c", ()),
            ("exact/operators.cpp", ()),
            ("exact/threads.c", (10000,)),
            ("exact/walk.c", ()),
            ("life/fork.c", (100,)),
            ("life/storms.c", (2000,)),
            ("life/signals.c", ()),
            ("life/small_stacks.c", ()),
        ):
            if level == "pages" and source == "life/storms.c":
                continue  # it wants little memory of our own; here all blocks lie in it
            label = f"checks/{source.split('/')[1]} twin {level}"
            tests.append(program_test(label, source, "preloaded", arguments=arguments, timeout=240, **checks))
    return tests


def tests(options):
    return twins(options) + bad_frees() + guards(options) + canaries() + pages() + crowds() + endings()
