"""Bad values are refused by name, a full pool is counted, and errors end a program that asks for it."""

from harness.results import Result, Test

from judge.programs import build_program
from judge.settings import SETTINGS, Setting
from judge.victim_tests import END_STATUS, Run

BAD_VALUES = {
    "MEMSCOPE_CHECKS": ("some", "off, sampled, full, pages"),
    "MEMSCOPE_GUARD_SIDE": ("left", "random, after, before"),
    "MEMSCOPE_GUARD_ALIGN": ("4", "1, 8, 16"),
    "MEMSCOPE_ON_ERROR": ("explode", "report, abort"),
    "MEMSCOPE_GUARD_RATE": ("0", "numbers from 1"),
    "MEMSCOPE_GUARD_SLOTS": ("many", "numbers from 1"),
    "MEMSCOPE_QUARANTINE_BYTES": ("-1", "numbers from"),
}


def bad_value(variable, value, accepted):
    def run(build):
        program = build_program(build, "frees.c")
        # With the checks that read the variable.
        checks = "full" if "QUARANTINE" in variable else "sampled"
        setting = Setting("bad", "full", checks, {variable: value})
        done = Run(build, program, ["free_twice", "crime"], setting, f"bad {variable}")
        said = done.outcome.errors.decode(errors="replace")
        reasons = done.ended_as("free_twice ended, its neighbours are well\n", END_STATUS)
        if said.count("\n") != 1 or not all(part in said for part in (variable, f"'{value}'", accepted)):
            reasons.append(f"it says {said!r}, which is not one line with the name, the value and '{accepted}'")
        if done.totals is None or done.totals["errors"] != 1:
            reasons.append(f"the default does not hold: {done.totals}")
        return [Result(not reasons, "is refused by name, and the default holds", "\n".join(reasons))]

    return Test(f"configuration/{variable}={value}", run)


def abort_test(setting_name):
    def run(build):
        program = build_program(build, "frees.c")
        done = Run(build, program, ["free_twice", "crime"], SETTINGS[setting_name], f"abort {setting_name}",
                   MEMSCOPE_ON_ERROR="abort")
        reasons = done.ended_as("", "signal 6")
        if "double-free" not in done.outcome.tail():
            reasons.append(f"it does not say why: {done.outcome.tail()!r}")
        return [Result(not reasons, "stops at the first error and says which", "\n".join(reasons))]

    return Test(f"configuration/abort {setting_name}", run)


def full_pool():
    def run(build):
        program = build_program(build, "overflow.c")
        setting = Setting("one", "full", "sampled", {"MEMSCOPE_GUARD_RATE": "1", "MEMSCOPE_GUARD_SLOTS": "1"})
        done = Run(build, program, ["write_byte", "twin"], setting, "full pool")
        reasons = done.ended_as("write_byte ended, its neighbours are well\n", END_STATUS)
        if done.totals is None or done.totals["full"] == 0 or done.totals["guarded"] == 0 or done.totals["errors"]:
            reasons.append(str(done.totals))
        return [Result(not reasons, "is counted, and no error", "\n".join(reasons))]

    return Test("configuration/full pool", run)


def tests():
    found = [bad_value(variable, *values) for variable, values in BAD_VALUES.items()]
    return [*found, abort_test("off"), abort_test("full"), full_pool()]
