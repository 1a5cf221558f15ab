"""Compares the reports about a victim with the table."""

from judge.reports import FOUND_LATER, SWEEP
from judge.victim import CUSHION


def _named(wanted, found):
    """Swift's and C++'s symbols have the function's name in them, after its length."""
    if found is None or found == wanted:
        return found is not None
    return (wanted if wanted[0].isdigit() else f"{len(wanted)}{wanted}") in found


def faults_of(error, victim, setting, program):
    """What is wrong with a report about this victim."""
    faults = []
    later = bool(error.flags & FOUND_LATER)
    if error.kind not in victim.kinds:
        faults.append(f"the kind is {error.kind}, not {' or '.join(victim.kinds)}")
    if (error.size if error.has_block else None) != victim.size:
        faults.append(f"the size is {error.size if error.has_block else None}, not {victim.size}")
    wanted = (victim.remains,) if later else victim.offsets
    if error.offset not in wanted:
        faults.append(f"the offset is {error.offset}, not {wanted}")
    if error.flags & victim.flags != victim.flags:
        faults.append(f"the flags are {error.flags}, without {victim.flags & ~error.flags}")
    names = {"allocated": victim.allocated, "freed": victim.freed}
    # What is found later is found where the block is given back, if anywhere.
    if not later:
        names["access"] = victim.function
    for stack, name in names.items():
        found = error.function(stack, program)
        if stack == "allocated" and not error.stacks[stack] and not setting.knows_allocations:
            continue
        if name and not _named(name, found):
            faults.append(f"{stack} in {found}, not in {name}")
    return faults


def judge(done, victim, setting, kept):
    """The reasons why a run's reports are not what they must be; none when they are."""
    program = done.program
    about = [error for error in done.errors if error.size != CUSHION]
    if not about:
        return ["nothing was reported"]
    wrong = [(error, faults_of(error, victim, setting, program)) for error in about]
    reasons = []
    if all(faults for _, faults in wrong):
        reasons = [f"{'; '.join(faults)}: {error.line(program)}" for error, faults in wrong]
    # More than one report may be made of one crime, such as at both ends of the bytes it wrote.
    for error in about:
        if error.kind not in victim.kinds or (error.size if error.has_block else None) != victim.size:
            reasons.append(f"there is a report about something else: {error.line(program)}")
        if error.count != 1:
            reasons.append(f"one crime was counted more than once: {error.line(program)}")
    if kept and not any(error.flags & SWEEP or not error.flags & FOUND_LATER for error in about):
        reasons.append("the block was kept, so the sweep at exit should have found it")
    return reasons
