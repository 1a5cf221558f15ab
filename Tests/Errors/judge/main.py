"""Chooses victims and settings; the harness of the core's tests runs them."""

import argparse

from harness.main import execute, preload_library

from judge import configuration, rate, real, storms, victim_tests
from judge.settings import SETTINGS
from judge.victims import EVERY


def arguments():
    parser = argparse.ArgumentParser(description="Victims of memory errors, each beside its twin that commits none.")
    parser.add_argument("--filter", default="", help="only tests whose name contains this")
    parser.add_argument(
        "--checks", metavar="A,B", default=",".join(SETTINGS), help=f"under these settings, of {', '.join(SETTINGS)}"
    )
    parser.add_argument("--sample", action="store_true", help="only the first test of each kind")
    parser.add_argument("--list", action="store_true", help="print the tests' names and stop")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder and print its path")
    options = parser.parse_args()
    options.checks = options.checks.split(",")
    unknown = set(options.checks) - set(SETTINGS)
    if unknown:
        parser.error(f"--checks has {', '.join(sorted(unknown))}; there are {', '.join(SETTINGS)}")
    options.preload = preload_library(parser)
    return options


def main():
    options = arguments()
    tests = victim_tests.tests(EVERY, options.checks) + configuration.tests() + rate.tests()
    tests += real.tests(options.checks) + storms.tests(options.checks)
    return execute(tests, options)
