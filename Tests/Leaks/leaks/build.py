"""Builds the cases: Swift in five ways, C and C++ in one."""

import os
import shutil
from pathlib import Path

from harness.build import ROOT, Build, BuildError

from leaks import answers

TESTS = ROOT / "Tests" / "Leaks"
SWIFT_FLAGS = {
    "N": ["-Onone"],
    "O": ["-O"],
    "Ns": ["-Onone", "-static-stdlib"],
    "Os": ["-O", "-static-stdlib"],
    "R": ["-O", "-Xfrontend", "-disable-reflection-metadata"],
}
# malloc and free are left alone: a compiler that knows them removes pairs it can prove useless.
C_FLAGS = ["-D_GNU_SOURCE", "-O1", "-g", "-fno-builtin", "-Wall", "-Wextra"]


def preload_library():
    """PRELOAD, else that of the last debug build, with the engine beside it."""
    path = Path(os.environ.get("PRELOAD") or ROOT / ".build" / "debug" / "libMemscopePreload.so").resolve()
    if not path.is_file():
        raise BuildError(f"there is no {path}; run: scripts/preload debug")
    return path


class LeakBuild(Build):
    def cases(self, way):
        if way in answers.CHECKS:
            return self._once("C/cases", self._link_c)
        return self._once(f"{way}/cases", lambda path: self._link_swift(way, path))

    def _support(self):
        def make(path):
            self._call(["clang", "-std=c11", *C_FLAGS, "-c", TESTS / "support/support.c", "-o", path])

        return self._once("support.o", make)

    def swift(self, way, sources, path, module, extra=()):
        """Builds a program of Swift sources."""
        if not shutil.which("swiftc"):
            raise BuildError("swiftc is not in PATH")
        command = ["swiftc", *SWIFT_FLAGS[way], "-g", "-swift-version", "5", "-module-name", module]
        self._call([*command, "-module-cache-path", self.folder / "modules", *sources, *extra, "-o", path])

    def _link_swift(self, way, path):
        support = ["-import-objc-header", TESTS / "support/support.h", self._support()]
        self.swift(way, sorted(TESTS.glob("cases/*.swift")), path, "cases", support)

    def _link_c(self, path):
        parts = [self._support()]
        for source in sorted([*TESTS.glob("c/*.c"), *TESTS.glob("c/*.cpp")]):
            compiler = "clang++" if source.suffix == ".cpp" else "clang"
            part = path.parent / f"{source.stem}.o"
            self._call([compiler, *C_FLAGS, "-c", source, "-o", part])
            parts.append(part)
        self._call(["clang++", *parts, "-lpthread", "-o", path])
