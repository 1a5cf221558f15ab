"""Compiles what the benchmark runs."""

import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(HERE)
C_FLAGS = ["-std=gnu11", "-D_GNU_SOURCE", "-O2", "-g", "-Wall", "-Wextra", "-Werror"]


class BuildError(Exception):
    """A program did not compile; the message holds the compiler's words."""


def execute(command, **options):
    """Runs a build step and raises with its output when it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise BuildError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def compiler():
    """The toolchain's clang, as SwiftPM uses it, or else the system's compiler."""
    found = shutil.which("clang") or shutil.which("cc")
    if not found:
        raise BuildError("no C compiler: put the Swift toolchain's bin folder on PATH")
    return found


def newest(paths):
    return max(os.path.getmtime(path) for path in paths)


def c_program(workload, folder):
    """Compiles one C workload unless it is newer than its sources; returns its path."""
    source = os.path.join(HERE, "programs", workload.source)
    target = os.path.join(folder, workload.program)
    inputs = [source, os.path.join(HERE, "programs", "frames.h")]
    if not os.path.exists(target) or os.path.getmtime(target) < newest(inputs):
        execute([compiler(), *C_FLAGS, *workload.flags, source, "-o", target, "-lpthread"])
    return target


def preload_library():
    """Builds libMemscopePreload.so in release and returns its path."""
    build = ["swift", "build", "--package-path", ROOT, "-c", "release", "--product", "MemscopePreload"]
    execute(build)
    return os.path.join(execute([*build[:-2], "--show-bin-path"]).strip(), "libMemscopePreload.so")
