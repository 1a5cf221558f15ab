"""Whether `sampled` catches the configured share of errors."""

import math

from harness.results import Result, Test

from judge.programs import build_program
from judge.settings import Setting
from judge.victim_tests import Run

RUNS, CRIMES = 60, 1000
SIGMAS = 3.29  # 99.9 % of a binomial distribution as wide as these


def caught(build, rate, attempt):
    """How many crimes each of many runs caught."""
    program = build_program(build, "rate.c")
    setting = Setting("rate", "full", "sampled", {"MEMSCOPE_GUARD_RATE": str(rate)})
    counts = []
    for number in range(RUNS):
        done = Run(build, program, [str(CRIMES)], setting, f"rate {rate} {attempt} {number}")
        if done.outcome.status != 0 or done.totals is None:
            raise RuntimeError(f"status {done.outcome.status}: {done.outcome.tail()}")
        kinds = {error.kind for error in done.errors}
        if kinds - {"use-after-free-read"} or done.totals["errors"] != done.totals["faults"]:
            raise RuntimeError(f"{done.totals}, {kinds}")
        counts.append(done.totals["errors"])
    return counts


def rate_test(rate):
    def run(build):
        trials, share = RUNS * CRIMES, 1 / rate
        expected, width = trials * share, SIGMAS * math.sqrt(trials * share * (1 - share))
        # One good run in a thousand lies outside, so a second one decides; a wrong rate lies outside again.
        for attempt in range(2):
            counts = caught(build, rate, attempt)
            if abs(sum(counts) - expected) <= width:
                break
        text = f"{sum(counts)} of {trials} crimes caught at one in {rate}: {expected:.0f} ± {width:.0f} expected"
        return [
            Result(abs(sum(counts) - expected) <= width, "the share is the configured one", text),
            Result(len(set(counts)) > 1, "runs differ", f"each caught {counts[0]}: what is drawn is always the same"),
        ]

    return Test(f"rate/one in {rate}", run)


def tests():
    return [rate_test(rate) for rate in (5, 50, 400)]
