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

    def _swiftc(self, way, module):
        if not shutil.which("swiftc"):
            raise BuildError("swiftc is not in PATH")
        flags = [*SWIFT_FLAGS[way], "-g", "-swift-version", "5", "-module-name", module]
        return ["swiftc", *flags, "-module-cache-path", self.folder / "modules"]

    def swift(self, way, sources, path, module):
        """Builds a program of Swift sources."""
        self._call([*self._swiftc(way, module), *sources, "-o", path])

    def _objects(self, way):
        """The cases, compiled in batches: each file is still optimised by itself."""

        def make(path):
            path.mkdir()
            header = ["-import-objc-header", TESTS / "support/support.h"]
            sources = sorted(TESTS.glob("cases/*.swift"))
            self._call([*self._swiftc(way, "cases"), *header, "-enable-batch-mode", "-c", *sources], path)

        return sorted(self._once(f"{way}/objects", make).glob("*.o"))

    def _static_libraries(self, way):
        """An object that names, for the linker, the static libraries of all that the cases import."""

        def make(path):
            lines = {line for file in TESTS.glob("cases/*.swift") for line in file.read_text().splitlines()}
            source = path.with_suffix(".swift")
            source.write_text("\n".join(sorted(line for line in lines if line.startswith("import "))) + "\n")
            self._call([*self._swiftc(way, "imports"), "-parse-as-library", "-c", source, "-o", path])

        return self._once(f"{way}/imports.o", make)

    def _link_swift(self, way, path):
        # The standard library may differ for the linker alone: the code is the same.
        # Beside the first object swiftc writes its list of libraries: each way has a folder for that.
        first = [self._static_libraries(way)] if way in answers.STATIC else []
        objects = [*first, *self._objects(way[0]), self._support()]
        self._call(["swiftc", *SWIFT_FLAGS[way], "-g", *objects, "-o", path])

    def _link_c(self, path):
        parts = [self._support()]
        for source in sorted([*TESTS.glob("c/*.c"), *TESTS.glob("c/*.cpp")]):
            compiler = "clang++" if source.suffix == ".cpp" else "clang"
            part = path.parent / f"{source.stem}.o"
            self._call([compiler, *C_FLAGS, "-c", source, "-o", part])
            parts.append(part)
        self._call(["clang++", *parts, "-lpthread", "-o", path])
