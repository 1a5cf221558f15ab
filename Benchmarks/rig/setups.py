"""What a workload runs under: nothing, MemScope in a mode, or a rival."""

import glob
import os
import shutil
from dataclasses import dataclass, field

SLOW_ROUNDS = 3  # of what costs so much more that a few are sure enough
MODES = ["full", "balanced", "sampled", "off"]
CHECKS = ["off", "full", "pages"]  # beside `sampled`, which is the default
LIBRARY_FOLDERS = ["/usr/lib/*-linux-gnu", "/usr/lib", "/usr/lib64", "/usr/local/lib"]


@dataclass(frozen=True)
class Setup:
    """One column of the table; `against` names the setup its ratio is taken from."""

    name: str
    title: str
    against: str = "none"
    library: str | None = None
    environment: dict = field(default_factory=dict)
    wrapper: list = field(default_factory=list)
    missing: str | None = None
    sanitized: bool = False  # runs a program that was compiled for it
    rounds: int | None = None  # at most so many


def find_library(pattern):
    """The path of an installed shared library, or None."""
    found = [path for folder in LIBRARY_FOLDERS for path in sorted(glob.glob(f"{folder}/{pattern}"))]
    return found[0] if found else None


def memscope(preload):
    """MemScope in each of its modes, from the library at `preload`."""
    return [Setup(mode, f"MemScope {mode}", "none", preload, {"MEMSCOPE_MODE": mode}) for mode in MODES]


def checks(preload):
    """Complete tracking with other memory checks than the default, against none."""
    return [Setup(f"checks-{level}", f"MemScope full, checks {level}", "none" if level == "off" else "checks-off",
                  preload, {"MEMSCOPE_MODE": "full", "MEMSCOPE_CHECKS": level},
                  rounds=SLOW_ROUNDS if level == "pages" else None) for level in CHECKS]


def rival_checks():
    """What else finds memory errors: by compilation, and in a virtual machine."""
    valgrind = shutil.which("valgrind")
    return [
        Setup("asan", "AddressSanitizer", environment={"ASAN_OPTIONS": "detect_leaks=0"}, sanitized=True),
        Setup("memcheck", "Valgrind memcheck", wrapper=[valgrind, "--quiet", "--tool=memcheck"], rounds=SLOW_ROUNDS,
              missing=None if valgrind else "valgrind is not installed"),
    ]


def heaptrack(scratch):
    """heaptrack as its users start it, interpreting at once or later, and its recorder alone writing to a file."""
    command, recorder = shutil.which("heaptrack"), find_library("heaptrack/libheaptrack_preload.so")
    output = os.path.join(scratch, "heaptrack")
    missing = None if command else "heaptrack is not installed"
    return [
        Setup("heaptrack", "heaptrack", wrapper=[command, "-o", output], missing=missing),
        Setup("heaptrack-raw", "heaptrack --raw", wrapper=[command, "--raw", "-o", output], missing=missing),
        Setup("heaptrack-recorder", "heaptrack's recorder alone", library=recorder,
              environment={"DUMP_HEAPTRACK_OUTPUT": output + ".raw"},
              missing=None if recorder else "heaptrack is not installed"),
    ]


def allocator(name, title, against, pattern, environment, rounds=None):
    path = find_library(pattern)
    return Setup(name, title, against, path, environment, rounds=rounds,
                 missing=None if path else f"{pattern} is not installed")


def allocators(scratch):
    """Allocators with a profiler of their own, each beside itself without profiling."""
    jemalloc, tcmalloc = "libjemalloc.so.2", "libtcmalloc.so.4"
    dump = {
        "HEAPPROFILE": os.path.join(scratch, "profile"),
        "HEAP_PROFILE_ALLOCATION_INTERVAL": "0",
        "HEAP_PROFILE_INUSE_INTERVAL": "0",
    }
    return [
        allocator("jemalloc", "jemalloc", "jemalloc", jemalloc, {}),
        allocator("jemalloc-every", "jemalloc, every allocation", "jemalloc", jemalloc,
                  {"MALLOC_CONF": "prof:true,lg_prof_sample:0"}, SLOW_ROUNDS),
        allocator("jemalloc-512k", "jemalloc, one in 512 KiB", "jemalloc", jemalloc,
                  {"MALLOC_CONF": "prof:true,lg_prof_sample:19"}),
        allocator("tcmalloc", "tcmalloc", "tcmalloc", tcmalloc, {}),
        allocator("tcmalloc-every", "tcmalloc heap profiler", "tcmalloc", tcmalloc, dump, SLOW_ROUNDS),
        allocator("tcmalloc-512k", "tcmalloc, one in 512 KiB", "tcmalloc", tcmalloc,
                  {"TCMALLOC_SAMPLE_PARAMETER": "524288"}),
    ]


def all_setups(preload, scratch):
    """Every setup in the order of the table."""
    return [Setup("none", "untracked"), *memscope(preload), *checks(preload), *rival_checks(), *heaptrack(scratch),
            *allocators(scratch)]


def is_memscope(setup):
    return setup.name in MODES or setup.name.startswith("checks-")
