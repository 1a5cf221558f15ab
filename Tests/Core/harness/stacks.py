"""Stacks compared with libunwind's, and async stacks with the callers known by name."""

from harness import processes
from harness.cases import WAYS, checked, program_test
from harness.results import Result, Test, parse_witness

# Compilers, levels and frame pointers that frames.c and rules.c are built with.
C_FLAVOURS = (
    ("clang", ("-O0",)),
    ("clang", ("-O2", "-fomit-frame-pointer")),
    ("clang", ("-O3", "-fno-omit-frame-pointer")),
    ("clang", ("-Os", "-fomit-frame-pointer")),
    ("clang", ("-O2", "-fomit-frame-pointer", "-march=x86-64-v3", "-mno-red-zone")),
    ("gcc", ("-O0",)),
    ("gcc", ("-O2",)),
    ("gcc", ("-O3", "-fomit-frame-pointer")),
    ("gcc", ("-Os", "-fomit-frame-pointer")),
    ("gcc", ("-O3", "-march=x86-64-v3", "-fstack-protector-all", "-fcf-protection")),
)
# SwiftPM keeps frame pointers in Swift and C code.
AS_PACKAGES_DO = ("-Xcc", "-fno-omit-frame-pointer")
# Without tables a stack may end early or be guessed; it may not call itself exact.
WITHOUT_TABLES = ("-O2", "-fomit-frame-pointer", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables")
LEAST_SHARE = 0.999
LEAST_RECYCLED = 5000


def judged(outcome, report, least=LEAST_SHARE, status=0):
    text = report.read_text(errors="replace") if report.exists() else ""
    total = parse_witness(text)
    notes = "\n".join(line for line in text.splitlines() if line.startswith("#"))
    # Where the two referees differ and the core says that it guessed, nobody knows better.
    stacks = total.get("stacks", 0) - total.get("undecided", 0)
    results = [
        Result(outcome.status == status, "ends as without the witness", f"status {outcome.status}\n{outcome.tail()}")
    ]
    if not stacks:
        return results + [Result(False, "has stacks to compare", f"none were taken\n{outcome.tail()}")]
    share = total["agreed"] / stacks
    sentence = (
        f"{stacks} stacks ({total['distinct']} distinct), {100 * share:.3f} % agree, at least {100 * least:g} % must"
    )
    results.append(Result(share >= least, sentence, notes, total))
    results.append(
        Result(
            total["exact_wrong"] == 0,
            "no stack that disagrees calls itself exact",
            f"{total['exact_wrong']} do\n{notes}",
        )
    )
    # A few early blocks come before the core is ready.
    results.append(
        Result(total["unknown"] <= 20 + stacks // 1000, "every block has a stack", f"{total['unknown']} have none")
    )
    return results


def recycled(name, make):
    """With so little room for stacks that the numbers of sites are used again and again."""

    def run(build):
        report = build.folder / f"{name}-recycled".replace("/", "-").replace(" ", "_")
        preload = [build.witness_library(), build.core_library()]
        values = build.environment(
            "full", preload, WITNESS_REPORT=report, WITNESS_TICKS=1, MEMSCOPE_STACKS_BYTES=2 << 20
        )
        results = judged(processes.run([make(build)], values, build.folder, 200), report)
        count = parse_witness(report.read_text(errors="replace")).get("recycled", 0)
        sentence = f"{count} sites were recycled, at least {LEAST_RECYCLED} must"
        return [*results, Result(count >= LEAST_RECYCLED, sentence)]

    return Test(f"stacks/{name} recycled", run)


def witnessed(name, make, way="preloaded", least=LEAST_SHARE, arguments=(), input_text=None):
    def run(build):
        path = make(build)
        report = build.folder / (f"{name}-{way}".replace("/", "-").replace(" ", "_") + ".witness")
        preload = [build.witness_library(), build.core_library()] if way == "preloaded" else []
        values = build.environment("full", preload, WITNESS_REPORT=report)
        real = [argument(build) if callable(argument) else argument for argument in arguments]
        return judged(processes.run([path, *real], values, build.folder, 200), report, least)

    return Test(f"stacks/{name} {way}", run)


def unharmed(source):
    """A program whose stacks nobody can judge: it has to end as it does without the core."""

    def run(build):
        results = []
        for way in ("linked", "preloaded"):
            path = build.program(f"stacks/{source}", way, ("-O2", "-fomit-frame-pointer"))
            preload = [build.core_library()] if way == "preloaded" else []
            outcome = processes.run([path], build.environment("full", preload), build.folder, 60)
            results.append(Result(outcome.status == 0, f"survives {way}", f"status {outcome.status}\n{outcome.tail()}"))
        return results

    return Test(f"stacks/{source}", run)


def c_tests(options):
    def compiled(source, flags=("-O2", "-fomit-frame-pointer"), libraries=(), compiler=None, way="preloaded"):
        return lambda build: build.program(f"stacks/{source}", way, flags, libraries, compiler)

    plugin = (lambda build: build.plugin(),)
    tests = [
        witnessed("callbacks.c", compiled("callbacks.c")),
        witnessed("sqlite.c", compiled("sqlite.c", libraries=("-lsqlite3",))),
        witnessed("containers.cpp", compiled("containers.cpp")),
        unharmed("vanished.c"),
        witnessed("huge_frame.c", compiled("huge_frame.c")),
        witnessed("zlib.c", compiled("zlib.c", libraries=("-lz",))),
        witnessed("signals.c", compiled("signals.c")),
        witnessed("threads.c", compiled("threads.c"), arguments=plugin),
        # The referees differ about this one frame; what counts is that no wrong stack is called exact.
        witnessed("null_call.c", compiled("null_call.c"), least=0),
        witnessed("stray_rbp.c", compiled("stray_rbp.c"), arguments=("described",)),
        witnessed("frames.c without tables", compiled("frames.c", WITHOUT_TABLES), least=0),
        witnessed(
            "sqlite.c static", compiled("sqlite.c", libraries=("-l:libsqlite3.a",), way="wrapped"), way="wrapped"
        ),
        witnessed("zlib.c static", compiled("zlib.c", libraries=("-l:libz.a",), way="wrapped"), way="wrapped"),
    ]
    for source in ("callbacks.c", "signals.c", "containers.cpp"):
        tests.append(witnessed(source, compiled(source, way="wrapped"), way="wrapped"))
    for way in WAYS:
        name = "stacks/stray_rbp.c by itself"
        tests.append(program_test(f"{name} {way}", "stacks/stray_rbp.c", way))
        faults = {"arguments": ("faults",), "MEMSCOPE_CHECKS": "pages"}
        tests.append(program_test(f"{name} {way} faults", "stacks/stray_rbp.c", way, **faults))
    for compiler, flags in C_FLAVOURS[1:9:3] if options.quick else C_FLAVOURS:
        label = f"{compiler} {' '.join(flags)}"
        tests.append(witnessed(f"frames.c {label}", compiled("frames.c", flags, compiler=compiler)))
        tests.append(witnessed(f"layouts.c {label}", compiled("layouts.c", flags, compiler=compiler)))
        tests.append(
            witnessed(f"frames.c {label}", compiled("frames.c", flags, compiler=compiler, way="wrapped"), way="wrapped")
        )
    tests.append(recycled("layouts.c", compiled("layouts.c", ("-O2", "-fno-omit-frame-pointer"))))
    # Frames found by no register the core follows may be cut, if they say so.
    for flag in ("-fomit-frame-pointer", "-fno-omit-frame-pointer"):
        tests.append(witnessed(f"rules.c {flag}", compiled("rules.c", ("-O2", flag)), least=0))
    return tests


def swift_tests():
    tests = [
        witnessed(
            f"plain.swift {' '.join(flags)}",
            lambda build, flags=flags: build.swift_program("stacks/plain.swift", flags),
        )
        for flags in (("-O",), ("-Onone",), ("-Osize",))
    ]
    for flags in (("-O",), ("-Onone",), ("-O", *AS_PACKAGES_DO), ("-Onone", *AS_PACKAGES_DO)):
        for way in ("linked", "preloaded"):
            tests.append(async_test(flags, way))
    return tests


def async_test(flags, way):
    def run(build):
        objects = [build.object("support/callers.c", way == "preloaded")]
        if way == "linked":
            objects.append(build.core_object())
        every = (*flags, "-parse-as-library", "-swift-version", "6")
        path = build.swift_program("stacks/async.swift", every, "support/callers.h", objects)
        preload = [build.core_library()] if way == "preloaded" else []
        results = []
        for attempt in range(3):
            results += checked(processes.run([path], build.environment("full", preload), build.folder, 120))
        return results

    return Test(f"stacks/async.swift {' '.join(flags)} {way}", run)


def tests(options):
    return c_tests(options) + swift_tests()
