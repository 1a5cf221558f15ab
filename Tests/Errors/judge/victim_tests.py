"""Each victim under each setting that must detect it, and its twin under every one."""

from harness import processes
from harness.results import Result, Test

from judge import reports
from judge.programs import build_program, report_library
from judge.settings import SETTINGS
from judge.verdict import judge
from judge.victim import OVER, UNDER

END_STATUS = 3  # as in support/victim.h


class Run:
    """One run of a program; `label` tells its report file from those of others."""

    def __init__(self, build, program, arguments, setting, label, **environment):
        path = build.folder / "reports" / f"{label}.json".replace("/", "-").replace(" ", "-")
        path.parent.mkdir(exist_ok=True)
        preload = [build.core_library(), report_library(build)]
        wanted = {"MEMSCOPE_CHECKS": setting.checks, "ERRORS_FILE": path, **setting.environment, **environment}
        values = build.environment(setting.mode, preload, **wanted)
        self.program = str(program)
        self.outcome = processes.run([program, *arguments], values, build.folder, 120)
        self.totals, self.errors = reports.read(path)

    def ended_as(self, text, status):
        """Why it did not end with this output and status."""
        if (self.outcome.text, self.outcome.status) == (text, status):
            return []
        return [f"status {self.outcome.status}, not {status}; output {self.outcome.text!r}\n{self.outcome.tail()}"]


def victim_test(victim, setting_name, kept=False):
    name = f"{victim.source}/{victim.name} {setting_name}{' kept' if kept else ''}"

    def run(build):
        program = build_program(build, victim.source)
        arguments = [victim.name, "crime", *(["keep"] if kept else [])]
        done = Run(build, program, arguments, SETTINGS[setting_name], name)
        end = f"{victim.name} ended, its neighbours are well\n"
        reasons = done.ended_as(end, END_STATUS)
        if done.totals is None:
            reasons.append("it wrote no report")
        reasons += judge(done, victim, SETTINGS[setting_name], kept)
        sentence = f"{' or '.join(victim.kinds)} is reported, and the program goes on"
        return [Result(not reasons, sentence, "\n".join(reasons))]

    return Test(name, run)


def twin_test(victim, setting_names):
    def run(build):
        program = build_program(build, victim.source)
        arguments = [victim.name, "twin"]
        alone = processes.run([program, *arguments], build.environment("off"), build.folder, 120)
        reasons = []
        for name in setting_names:
            done = Run(build, program, arguments, SETTINGS[name], f"{victim.source}/{victim.name} twin {name}")
            reasons += [f"{name}: {reason}" for reason in done.ended_as(alone.text, alone.status)]
            if done.totals is None or done.totals["errors"]:
                lines = [error.line(done.program) for error in done.errors]
                reasons.append(f"{name}: not without reports: {done.totals} {lines}")
        good = not reasons and alone.status == END_STATUS
        return [Result(good, "no report in any mode, and it ends as it does alone", "\n".join(reasons))]

    return Test(f"{victim.source}/{victim.name} twin", run)


def tests(victims, setting_names):
    found = []
    for victim in victims:
        found += [victim_test(victim, name) for name in victim.settings if name in setting_names]
        if victim.kind in (OVER, UNDER) and "full" in victim.where and not victim.source.startswith("swift"):
            found += [victim_test(victim, name, kept=True) for name in victim.settings if name in setting_names]
        found.append(twin_test(victim, setting_names))
    return found
