"""Compiles what the benchmark runs."""

import glob
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(HERE)
SANITIZED = ".asan"  # ends the name of a program compiled for AddressSanitizer
LEAK_SANITIZED = ".lsan"  # and of one that LeakSanitizer alone is linked to
C_FLAGS = ["-std=gnu11", "-D_GNU_SOURCE", "-O2", "-g", "-Wall", "-Wextra", "-Werror"]


class BuildError(Exception):
    """A program did not compile; the message holds the compiler's words."""


def execute(command):
    """Runs a build step; raises with its output when it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise BuildError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def compiler():
    """The toolchain's clang, as SwiftPM uses it, or else the system's compiler."""
    found = shutil.which("clang") or shutil.which("cc")
    if not found:
        raise BuildError("no C compiler: put the Swift toolchain's bin folder on PATH")
    return found


def c_program(workload, folder, sanitized=False):
    """Compiles one of `programs/`."""
    source = os.path.join(HERE, "programs", workload.program + ".c")
    target = os.path.join(folder, workload.name) + SANITIZED * sanitized
    sanitizer = ["-fsanitize=address"] * sanitized
    execute([compiler(), *C_FLAGS, *workload.flags, *sanitizer, source, "-o", target, "-lpthread"])
    return target


def plain_swift_program(workload, folder, sanitized=False):
    """Compiles one of `programs/`, or the Swift mix, without SwiftPM, so without its frame pointers."""
    sources = [os.path.join(HERE, "programs", workload.program + ".swift")]
    if not os.path.exists(sources[0]):
        sources = sorted(glob.glob(os.path.join(HERE, "Sources", "Mix", "*.swift")))
        sources.append(os.path.join(HERE, "Sources", "mix-main", "main.swift"))
    target = os.path.join(folder, workload.name) + SANITIZED * sanitized
    sanitizer = ["-sanitize=address"] * sanitized
    execute(["swiftc", "-O", "-swift-version", "6", *sanitizer, *sources, "-o", target])
    return target


def leaking_program(folder):
    """The program whose leaks are known, by itself and with LeakSanitizer; the path of the first."""
    target = os.path.join(folder, "heap")
    compile_swift = ["swiftc", "-O", "-swift-version", "6", os.path.join(HERE, "programs", "heap.swift"), "-o"]
    execute([*compile_swift, target])
    execute([*compile_swift, target + LEAK_SANITIZED, "-Xclang-linker", "-fsanitize=leak"])
    return target


def package_product(package, product, file):
    """Builds one product in release; returns the path of `file` beside it."""
    build = ["swift", "build", "--package-path", package, "-c", "release"]
    execute([*build, "--product", product])
    return os.path.join(execute([*build, "--show-bin-path"]).strip(), file)


def program(workload, folder, sanitized=False):
    """The executable of a workload, built."""
    if workload.build == "c":
        return c_program(workload, folder, sanitized)
    if workload.build == "swiftc":
        return plain_swift_program(workload, folder, sanitized)
    if workload.unlinked:
        package_product(HERE, workload.unlinked, workload.unlinked)
    return package_product(HERE, workload.program, workload.program)


def preload_library():
    """The package's own libMemscopePreload.so, built, with the engine beside it."""
    return execute([os.path.join(ROOT, "scripts", "preload")]).strip()
