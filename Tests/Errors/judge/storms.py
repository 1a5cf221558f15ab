"""A storm of errors in eight threads: the program ends, there are few reports, counts are exact."""

from harness.results import Result, Test

from judge.programs import build_program
from judge.reports import KINDS
from judge.settings import SETTINGS
from judge.victim_tests import Run

CRIMES = 200_000  # more than there are pages and places to use again, and than 16 bits count
FOR_QUARANTINE = 1_000_000  # as many as it may have freed blocks
PLACES = 1024  # for distinct reports


def storm(which, setting_name, kind, judge, crimes=CRIMES):
    def run(build):
        program = build_program(build, "storm.c")
        done = Run(build, program, [which, str(crimes)], SETTINGS[setting_name], f"storm {which} {setting_name}")
        reasons = done.ended_as(f"{crimes} crimes\n", 0)
        if done.totals is None:
            return [Result(False, "ends", "\n".join(reasons))]
        counted = done.totals["kinds"][KINDS.index(kind)]
        if counted != done.totals["errors"]:
            reasons.append(f"{counted} of {kind}, but {done.totals['errors']} errors in all")
        listed = sum(error.count for error in done.errors)
        if listed + done.totals["dropped"] != done.totals["errors"]:
            reasons.append(f"{listed} in the reports and {done.totals['dropped']} dropped are not all errors")
        reasons += judge(counted, done, crimes)
        return [Result(not reasons, f"{crimes} times {kind} in eight threads", f"{done.totals}\n" + "\n".join(reasons))]

    return Test(f"storms/{which} {setting_name}", run)


def all_alike(counted, done, crimes):
    """Each crime is counted, in a few reports."""
    reasons = [] if counted == crimes else [f"{counted} were counted"]
    return reasons + ([] if done.totals["distinct"] <= 8 else [f"{done.totals['distinct']} distinct reports"])


def all_different(counted, done, crimes):
    """Each crime is counted, though most of the stacks find no place."""
    good = counted == crimes and done.totals["distinct"] <= PLACES and done.totals["dropped"] > 0
    return [] if good else [f"{counted} were counted, {done.totals['distinct']} distinct"]


def all_kept(counted, done, crimes):
    """Each crime against a block that was kept when freed is counted; how many could not be kept is too."""
    good = crimes - done.totals["unkept"] <= counted <= crimes and counted > 0.99 * crimes
    reasons = [] if good else [f"{counted} were counted"]
    return reasons + ([] if done.totals["distinct"] <= 8 else [f"{done.totals['distinct']} distinct reports"])


def all_guarded(counted, done, crimes):
    """Each crime against a guarded block is counted; a pool without room says how often it had none."""
    good = crimes - done.totals["full"] <= counted <= crimes and counted > 0.9 * crimes
    return [] if good else [f"{counted} were counted"]


def tests(setting_names):
    found = [storm("free", name, "double-free", all_alike) for name in ("off", "balanced", "full", "pages-after")]
    found += [
        storm("stacks", "off", "double-free", all_different),
        storm("write", "full", "use-after-free-write", all_kept, FOR_QUARANTINE),
        storm("write", "pages-after", "use-after-free-write", all_alike),
        storm("read", "guarded-after", "use-after-free-read", all_guarded),
    ]
    return [test for test in found if test.name.split(" ")[-1] in setting_names]
