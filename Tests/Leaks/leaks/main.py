"""Runs every case in every way, two at a time, and compares its report with the known answer."""

import argparse
import json
import shutil
import tempfile
from pathlib import Path

from harness import processes
from harness.build import BuildError
from harness.main import run_all
from harness.results import Result, Test

from leaks import answers, report
from leaks.build import TESTS, LeakBuild, preload_library


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--filter", default="", help="only tests whose name contains this")
    parser.add_argument(
        "--quick", action="store_true", help="every case in one way, taking turns; all of C and without reflection"
    )
    parser.add_argument("--list", action="store_true", help="print the tests' names and stop")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder and print its path")
    parser.add_argument("--print", action="store_true", help="print what each report says, as an answer")
    options = parser.parse_args()
    try:
        options.preload = preload_library()
    except BuildError as error:
        parser.error(str(error))
    return options


def reports(folder):
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]


def run_case(build, case, way, options):
    folder = Path(tempfile.mkdtemp(prefix=f"{case.name}-", dir=build.folder))
    values = build.environment(
        preload=[options.preload],
        MEMSCOPE_REPORT=f"{folder}/{{PID}}.json",
        MEMSCOPE_CHECKS=answers.CHECKS.get(way, "sampled"),
    )
    outcome = processes.run([build.cases(way), case.name], values, folder, timeout=60)
    if outcome.status != 0:
        return [Result(False, "ends well", f"status {outcome.status}\n{outcome.tail()}")]
    found = reports(folder)
    if len(found) != 1:
        return [Result(False, "writes one report", f"{len(found)} reports\n{outcome.tail()}")]
    actual = report.lines(found[0])
    if options.print:
        said = [*actual, *sorted(report.advice(found[0]))]
        print("\n".join([f"# {way}", case.name, *("    " + line for line in said)]), flush=True)
    expected = case.expected(way)
    wrong = report.difference(expected, actual, way in answers.STATIC)
    wrong += report.missing_advice(expected, found[0]) + report.complaints(found[0])
    if not options.keep:
        shutil.rmtree(folder)
    sentence = "leaks what is known" if case.expected(way) else "leaks nothing"
    return [Result(not wrong, sentence, "\n".join(wrong))]


def same_names(build, way, cases):
    """A case without an answer, or an answer without a case, would be a test that cannot fail."""
    outcome = processes.run([build.cases(way), "--list"], build.environment(), build.folder, timeout=60)
    wrong = sorted(set(outcome.text.split()) ^ {case.name for case in cases})
    return [Result(not wrong and outcome.status == 0, "has an answer for each case", ", ".join(wrong))]


def tests(options):
    swift = [case for path in sorted(TESTS.glob("cases/*.answers")) for case in answers.read(path)]
    plain = [case for path in sorted(TESTS.glob("c/*.answers")) for case in answers.read(path)]
    groups = [(way, swift) for way in (*answers.WAYS, answers.BLIND)] + [(way, plain) for way in answers.CHECKS]
    # These build the cases, which all others of a way wait for: first, so that two are built at a time.
    result = [
        Test(f"{way}/names", lambda build, way=way, cases=cases: same_names(build, way, cases)) for way, cases in groups
    ]
    for way, cases in groups:
        for index, case in enumerate(cases):
            # Which way a case's turn is does not change from run to run.
            is_due = not options.quick or way not in answers.WAYS or answers.WAYS[index % len(answers.WAYS)] == way
            if case.is_for(way) and is_due:
                run = lambda build, case=case, way=way: run_case(build, case, way, options)
                result.append(Test(f"{way}/{case.topic}/{case.name}", run))
    return [test for test in result if options.filter in test.name]


def main():
    options = arguments()
    chosen = tests(options)
    if options.list:
        print("\n".join(test.name for test in chosen))
        return 0
    if not chosen:
        print(f"no test has '{options.filter}' in its name; --list prints all names")
        return 2
    results = run_all(chosen, options, "leak-tests-", lambda folder: LeakBuild(folder, options))
    failed = [result for result in results if not result.passed]
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0
