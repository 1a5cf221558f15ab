"""Chooses the tests, runs two at a time, prints a line for each check and the sum."""

import argparse
import os
import shutil
import signal
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import arm64, cases, checks, processes, programs, scans, stacks, units
from harness.build import REMEDY, Build, BuildError
from harness.results import Result, witness_summary

SLOWEST = 12  # tests whose times are printed


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sanitize", action="store_true", help="unit tests of the core's files under ASan and UBSan, nothing else"
    )
    parser.add_argument("--arm64", action="store_true", help="the core on arm64, emulated by QEMU, nothing else")
    parser.add_argument("--quick", action="store_true", help="shorter loops, fewer programs")
    parser.add_argument("--sample", action="store_true", help="only the first test of each folder")
    parser.add_argument("--filter", default="", help="only tests whose name contains this")
    parser.add_argument(
        "--server", action="store_true", help="start the preload library's server in real programs and poll it"
    )
    parser.add_argument("--list", action="store_true", help="print the tests' names and stop")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder and print its path")
    options = parser.parse_args()
    options.preload = preload_library(parser)
    if options.server and not options.preload:
        parser.error("--server needs a preload library with a server: set MSCOPE_PRELOAD to its path")
    return options


def preload_library(parser):
    """The library that MSCOPE_PRELOAD names, None when it names none."""
    preload = os.environ.get("MSCOPE_PRELOAD")
    if preload and not Path(preload).is_file():
        parser.error(f"MSCOPE_PRELOAD names no file: {preload}; give the path of a preload library")
    return Path(preload).resolve() if preload else None


def run_one(test, build, lock):
    started = time.monotonic()
    try:
        results = test.run(build)
    except BuildError as error:
        results = [Result(False, "builds", str(error))]
    except FileNotFoundError as error:
        results = [Result(False, "runs", f"{error}; {REMEDY}")]
    except Exception as error:  # a fault of the harness must be a failure, not the end of the run
        results = [Result(False, "runs", f"{type(error).__name__}: {error}")]
    seconds = time.monotonic() - started
    with lock:
        for result in results:
            print(result.line(test.name), flush=True)
    return results, seconds


def selected(options):
    if options.sanitize:
        tests = units.tests()
    elif options.arm64:
        tests = arm64.tests()
    else:
        tests = cases.tests(options) + checks.tests(options) + scans.tests(options) + stacks.tests(options)
        tests += programs.tests(options)
    return tests


def run_all(tests, options, prefix, make_build):
    """The results of all tests, which share what `make_build` builds in a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    build = make_build(folder)
    lock = threading.Lock()

    def ended(*_):
        """Nothing may be left when the time is up: neither programs nor what was built."""
        processes.kill_all()
        shutil.rmtree(folder, ignore_errors=True)
        processes.kill_all()  # what the lanes began meanwhile
        os._exit(143)

    signal.signal(signal.SIGTERM, ended)
    try:
        # Two at a time: more would make timing tests wait for processors that are not there.
        with ThreadPoolExecutor(max_workers=2) as pool:
            parts, seconds = zip(*pool.map(lambda test: run_one(test, build, lock), tests))
        slowest = sorted(zip(seconds, tests), key=lambda pair: -pair[0])[:SLOWEST]
        print("# slowest: " + ", ".join(f"{test.name} {took:.0f} s" for took, test in slowest))
        # Failures again at the end, where a reader of a long log looks.
        for test, part in zip(tests, parts):
            for result in part:
                if not result.passed:
                    print(result.line(test.name))
        return [result for part in parts for result in part]
    finally:
        processes.kill_all()
        if options.keep:
            print(f"# kept {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def main():
    options = arguments()
    return execute(selected(options), options)


def sample(tests):
    """The first of each kind: a name begins with the kind's."""
    first = {}
    for test in tests:
        first.setdefault(test.name.split("/")[0], test)
    return list(first.values())


def execute(tests, options):
    """Lists or runs those of the tests that the options want; the exit status."""
    tests = [test for test in tests if options.filter in test.name]
    if options.sample:
        tests = sample(tests)
    if options.list:
        print("\n".join(test.name for test in tests))
        return 0
    if not tests:
        print(f"no test has '{options.filter}' in its name; --list prints all names")
        return 2
    results = run_all(tests, options, "core-tests-", lambda folder: Build(folder, options))
    for line in witness_summary(results):
        print(line)
    failed = [result for result in results if not result.passed]
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0
