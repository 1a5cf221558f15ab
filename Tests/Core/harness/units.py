"""The core's own files under AddressSanitizer and UndefinedBehaviorSanitizer, hooks compiled out."""

import re

from harness import processes
from harness.build import CORE, CORE_SOURCES, LIBRARIES, TEST_FLAGS, TESTS
from harness.cases import checked
from harness.results import Test

SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-O1", "-g", "-fno-omit-frame-pointer"]


def core_files(source):
    """All of the core but the file a unit test includes to reach what is static there."""
    included = re.findall(r'CMemscope/([\w/]+\.c)"', (TESTS / "unit" / source).read_text())
    return [path for path in CORE_SOURCES if str(path.relative_to(CORE)) not in included]


def unit(source):
    def run(build):
        def make(path):
            compiler = ["clang", "-std=c11", *TEST_FLAGS, *SANITIZERS, f"-I{CORE}"]
            parts = build.core_objects("sanitized", compiler, core_files(source))
            build._call([*compiler, TESTS / "unit" / source, *parts, *LIBRARIES, "-o", path])

        path = build._once(f"units/{source}.run", make)
        values = build.environment(ASAN_OPTIONS="detect_leaks=0", UBSAN_OPTIONS="print_stacktrace=1")
        return checked(processes.run([path], values, build.folder, 240))

    return Test(f"unit/{source}", run)


def tests():
    return [unit(path.name) for path in sorted((TESTS / "unit").glob("*.c"))]
