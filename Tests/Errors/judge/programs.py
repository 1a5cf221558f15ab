"""Builds the victims with the tools of the core's tests."""

from pathlib import Path

from harness.build import TEST_FLAGS
from harness.build import TESTS as CORE_TESTS

HERE = Path(__file__).resolve().parent.parent
LIBRARIES = {"libraries.c": ("-lz",)}


def build_program(build, source):
    """A victim's program: unoptimised, so that each does what is written."""
    path = HERE / "victims" / source
    if path.suffix == ".swift":
        others = [part for part in sorted(path.parent.glob("*.swift")) if part.name != "main.swift"]
        flags = ("-Onone", "-swift-version", "6")
        return build.swift_program(path.parent / "main.swift", flags, HERE / "support/imports.h", [*others, "-lz"])
    return build.program(path, "preloaded", ("-O0",), LIBRARIES.get(source, ()))


def report_library(build):
    flags = ["-std=c11", *TEST_FLAGS, "-include", CORE_TESTS / "support/weak.h", "-shared", "-fPIC"]
    return build._once(
        "libreport.so", lambda path: build._call(["clang", *flags, HERE / "support/report.c", "-ldl", "-o", path])
    )
