"""Real programs have no errors to report: same output, same status, no report."""

from harness import processes, programs
from harness.results import Result, Test

from judge import reports
from judge.programs import report_library
from judge.settings import SETTINGS

NAMES = ("git status, diff, fsck and gc", "perl", "node", "bash that forks", "sqlite3", "python script", "gcc",
         "swiftc", "tar and gzip")
# Each block on pages of its own takes long: these have few.
IN_PAGES = ("perl", "tar and gzip")


def checked_run(program, setting, build):
    folder = programs.fresh(program, build)
    prefix = build.folder / "reports" / f"{folder.parent.name}-{setting.name}"
    prefix.parent.mkdir(exist_ok=True)
    values = build.environment(setting.mode, [build.core_library(), report_library(build)],
                               MEMSCOPE_CHECKS=setting.checks, ERRORS_FILE=prefix, **setting.environment)
    program.prepare(folder)
    source = folder / program.input if program.input else None
    outcome = processes.run(program.command(folder), values, folder, program.timeout, source)
    return outcome, reports.read_all(prefix)


def real_test(program, setting_names):
    def run(build):
        wanted = programs.plain(program, build, programs.fresh(program, build))
        results = []
        for name in setting_names:
            got, found = checked_run(program, SETTINGS[name], build)
            same = program.compare(wanted) == program.compare(got)
            results.append(Result(same, f"same output and status under {name}",
                                  programs.difference(program, wanted, got)))
            lines = [error.line("") for _, errors in found for error in errors]
            checked = sum(totals["canaried"] + totals["guarded"] for totals, _ in found)
            results.append(Result(checked > 0 and not lines, f"no report under {name}",
                                  f"{len(found)} processes, {checked} blocks checked\n" + "\n".join(lines[:10])))
        return results

    return Test(f"real/{program.name}", run)


def tests(setting_names):
    found = []
    for program in programs.everyday():
        if program.name in NAMES:
            wanted = ("full", "guarded-random", *(("pages-after",) if program.name in IN_PAGES else ()))
            found.append(real_test(program, [name for name in wanted if name in setting_names]))
    return found
