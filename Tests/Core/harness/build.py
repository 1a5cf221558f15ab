"""Builds the core and the test programs, each once, into the run's temporary folder."""

import os
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
ROOT = TESTS.parent.parent
CORE = ROOT / "Sources" / "CMemscope"
CORE_SOURCES = sorted(CORE.glob("*/*.c"))
CORE_FLAGS = [
    "-std=c11",
    "-D_GNU_SOURCE",
    "-O2",
    "-g",
    "-fno-omit-frame-pointer",
    "-fPIC",
    "-ftls-model=initial-exec",
    f"-I{CORE}",
    f"-I{CORE}/include",
]
# A compiler that knows malloc removes pairs it can prove useless.
TEST_FLAGS = ["-D_GNU_SOURCE", "-g", "-fno-builtin", f"-I{CORE}/include", "-Wall", "-Wno-infinite-recursion"]
LIBRARIES = ["-lpthread", "-ldl", "-lm"]
REMEDY = "scripts/setup --tests installs what is missing"


class BuildError(Exception):
    pass


class Build:
    def __init__(self, folder, options):
        self.folder = folder
        self.options = options
        self.locks = {}
        self.guard = threading.Lock()

    def _once(self, name, make):
        """Calls make(path) unless the file exists; one maker at a time for each name."""
        path = self.folder / name
        with self.guard:
            lock = self.locks.setdefault(name, threading.Lock())
        with lock:
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                make(path)
        return path

    def _call(self, command, folder=None):
        result = subprocess.run(
            [str(part) for part in command], capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=folder
        )
        if result.returncode:
            raise BuildError(" ".join(str(part) for part in command) + "\n" + result.stderr[:1500])

    def core_objects(self, folder, command, sources=CORE_SOURCES):
        """The core's files compiled by `command` into `folder`, two at a time: both lanes wait for them."""

        def compiled(source):
            name = source.relative_to(CORE).with_suffix(".o")
            return self._once(f"{folder}/{name}", lambda path: self._call([*command, "-c", source, "-o", path]))

        if not CORE_SOURCES:
            raise BuildError(f"no C files in {CORE}")
        with ThreadPoolExecutor(max_workers=2) as pool:
            return list(pool.map(compiled, sources))

    def core_object(self):
        """The core as one relocatable file: linked whole, as a package links it."""

        def make(path):
            self._call(["ld", "-r", *self.core_objects("core", ["clang", *CORE_FLAGS]), "-o", path])

        return self._once("core.o", make)

    def core_library(self):
        """The library to preload: the one MSCOPE_PRELOAD names, else the core alone."""
        if self.options.preload:
            return self.options.preload
        return self._once(
            "libmscope-core.so",
            lambda path: self._call(["clang", "-shared", "-fPIC", self.core_object(), *LIBRARIES, "-o", path]),
        )

    def witness_library(self):
        return self._once(
            "libwitness.so",
            lambda path: self._call(
                [
                    "clang",
                    "-std=c11",
                    *TEST_FLAGS,
                    "-O1",
                    "-fno-omit-frame-pointer",
                    "-fno-optimize-sibling-calls",
                    "-shared",
                    "-fPIC",
                    "-fuse-ld=lld",
                    f"-Wl,--version-script={TESTS}/stacks/witness.map",
                    TESTS / "stacks/witness.c",
                    "-lunwind",
                    *LIBRARIES,
                    "-o",
                    path,
                ]
            ),
        )

    def telling_library(self):
        flags = ["-std=c11", *TEST_FLAGS, "-include", TESTS / "support/weak.h", "-shared", "-fPIC"]
        return self._once(
            "libtell.so", lambda path: self._call(["clang", *flags, TESTS / "support/tell.c", "-o", path])
        )

    def allocator(self, name):
        """An allocator of the tests' own, to be preloaded behind the core."""
        source = TESTS / "allocators" / f"{name}.c"
        # Its calls of itself must go by the public names, as those of most do.
        flags = ["-std=c11", *TEST_FLAGS, "-O2", "-shared", "-fPIC", "-fsemantic-interposition"]
        return self._once(f"lib{name}.so", lambda path: self._call(["clang", *flags, source, "-o", path]))

    def plugin(self, name="plugin"):
        return self._once(
            f"{name}.so",
            lambda path: self._call(
                [
                    "clang",
                    "-std=c11",
                    *TEST_FLAGS,
                    "-O2",
                    "-fomit-frame-pointer",
                    "-shared",
                    "-fPIC",
                    f"-Wl,-soname,{name}.so",
                    "-Wl,--build-id=sha1",
                    TESTS / "stacks/plugin.c",
                    "-o",
                    path,
                ]
            ),
        )

    def program(self, source, way, flags=("-O2",), libraries=(), compiler=None):
        """A C or C++ test program; `way` is linked, preloaded, or wrapped (linked, with the witness inside)."""
        source = Path(source)
        compiler = compiler or ("clang++" if source.suffix == ".cpp" else "clang")
        standard = "-std=c++17" if source.suffix == ".cpp" else "-std=c11"
        name = "-".join(
            [
                source.parent.name,
                source.stem,
                way,
                compiler.replace("+", "p"),
                *(flag.strip("-").replace("=", "_").replace("/", "_") for flag in flags),
            ]
        )

        def make(path):
            parts = []
            extra = []
            if way == "wrapped":
                parts.append(self._wrapped_witness())
                extra = ["-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc", "-lunwind"]
            if way in ("linked", "wrapped"):
                parts.append(self.core_object())
            weak = ["-include", TESTS / "support/weak.h"] if way == "preloaded" else []
            warnings = ["-D_Nullable=", "-D_Nonnull=", "-Wno-unknown-pragmas"] if compiler.startswith("g") else []
            self._call(
                [
                    compiler,
                    standard,
                    *TEST_FLAGS,
                    *warnings,
                    *flags,
                    *weak,
                    TESTS / source,
                    *parts,
                    *libraries,
                    *extra,
                    *LIBRARIES,
                    "-o",
                    path,
                ]
            )

        return self._once(f"programs/{name}", make)

    def _wrapped_witness(self):
        return self._once(
            "witness-wrapped.o",
            lambda path: self._call(
                [
                    "clang",
                    "-std=c11",
                    *TEST_FLAGS,
                    "-O1",
                    "-fno-omit-frame-pointer",
                    "-fno-optimize-sibling-calls",
                    "-DWITNESS_WRAP",
                    "-c",
                    TESTS / "stacks/witness.c",
                    "-o",
                    path,
                ]
            ),
        )

    def swift_program(self, source, flags, header=None, objects=()):
        """A Swift program by plain swiftc, without the package's flags."""
        source = Path(source)
        name = "-".join(
            ["swift", source.stem, *(Path(part).stem for part in objects), *(flag.strip("-") for flag in flags)]
        )

        def make(path):
            compiler = shutil.which("swiftc")
            if not compiler:
                raise BuildError("swiftc is not in PATH")
            bridge = ["-import-objc-header", TESTS / header] if header else []
            self._call(
                [
                    compiler,
                    *flags,
                    *bridge,
                    TESTS / source,
                    *objects,
                    "-module-cache-path",
                    self.folder / "modules",
                    "-o",
                    path,
                ]
            )

        return self._once(f"programs/{name}", make)

    def object(self, source, weak):
        source = Path(source)
        extra = ["-include", TESTS / "support/weak.h"] if weak else []
        return self._once(
            f"objects/{source.stem}{'-weak' if weak else ''}.o",
            lambda path: self._call(
                [
                    "clang",
                    "-std=c11",
                    *TEST_FLAGS,
                    *extra,
                    "-O1",
                    "-fno-omit-frame-pointer",
                    "-fno-optimize-sibling-calls",
                    "-fPIC",
                    "-c",
                    TESTS / source,
                    "-o",
                    path,
                ]
            ),
        )

    def environment(self, mode="full", preload=(), **values):
        """The environment of a test program: nothing of the caller's that would change the core."""
        result = {
            key: value for key, value in os.environ.items() if not key.startswith(("MEMSCOPE_", "LD_", "MSCOPE_"))
        }
        result["MEMSCOPE_MODE"] = mode
        if preload:
            result["LD_PRELOAD"] = ":".join(str(path) for path in preload)
        result.update({key: str(value) for key, value in values.items()})
        return result
