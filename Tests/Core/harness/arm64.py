"""The core compiled for arm64 and run by QEMU, which emulates the processor and not the kernel."""

import glob
import shutil

from harness import processes
from harness.build import CORE_FLAGS, LIBRARIES, REMEDY, TEST_FLAGS, TESTS, BuildError
from harness.cases import checked
from harness.results import Test

HOME = "/usr/aarch64-linux-gnu"
# Tests of what differs between processors (unwinding, atomics, system calls) that ask nothing else of the kernel:
# QEMU reads no other process' memory, traces none, and ends the heap early.
SOURCES = [
    "exact/threads.c",
    "exact/modes.c",
    "exact/walk.c",
    "exact/events.c",
    "exact/watched.c",
    "life/signals.c",
]


COMPILER = ["clang", "--target=aarch64-linux-gnu", "-isystem", f"{HOME}/include"]


def linker_flags():
    runtime = glob.glob("/usr/lib/gcc-cross/aarch64-linux-gnu/*")
    if not runtime:
        raise BuildError(f"there is no libgcc for arm64; {REMEDY}")
    return ["-fuse-ld=lld", *(f"{flag}{folder}" for folder in (runtime[0], f"{HOME}/lib") for flag in ("-B", "-L"))]


def core_object(build):
    strict = ["-Wall", "-Wextra", "-Wconversion", "-Werror"]

    def make(path):
        parts = build.core_objects("arm64/core", [*COMPILER, *CORE_FLAGS, *strict])
        build._call(["ld.lld", "-r", *parts, "-o", path])

    return build._once("arm64/core.o", make)


def emulated(source):
    def run(build):
        def make(path):
            flags = ["-std=c11", *TEST_FLAGS, "-O2", *linker_flags()]
            build._call([*COMPILER, *flags, TESTS / source, core_object(build), *LIBRARIES, "-o", path])

        path = build._once(f"arm64/programs/{source}.run", make)
        emulator = shutil.which("qemu-aarch64-static") or "qemu-aarch64"  # as the release calls it
        command = [emulator, "-L", HOME, path]
        return checked(processes.run(command, build.environment(), build.folder, 300))

    return Test(f"arm64/{source}", run)


def tests():
    return [emulated(source) for source in SOURCES]
