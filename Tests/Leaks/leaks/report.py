"""Turns a report into lines as the answers have them, and compares."""

import re
from collections import Counter

MODULE = "cases"


def short(name):
    return re.sub(rf"\b{MODULE}\.", "", name)


def type_name(leak):
    if leak["typeKind"] == "c" and leak["type"] == MODULE:
        return "malloc"
    return short(leak["type"])


def rotations(texts):
    return [" -> ".join(texts[start:] + texts[:start]) for start in range(len(texts))]


def path_text(steps):
    texts = [short(step["type"]) + re.sub(r"^(?!\[|$)", ".", step["field"] or "") for step in steps]
    if len(texts) > 8 and len(set(texts)) == 1:
        return f"{len(texts)} x {texts[0]}"
    # A ring begins anywhere; here where it reads least.
    return min(rotations(texts))


def lines(report):
    """KIND COUNT BYTES TYPE for leaks; ring [reachable] [inferred] COUNT OBJECTS BYTES PATH for cycles."""
    counts, sizes = Counter(), Counter()
    for leak in report["leaks"]:
        key = (leak["kind"], type_name(leak))
        counts[key] += leak["count"]
        sizes[key] += leak["bytes"]
    result = [f"{kind} {counts[kind, name]} {sizes[kind, name]} {name}" for kind, name in counts]
    for cycle in report["cycles"]:
        flags = "".join(word + " " for word in ("reachable", "inferred") if cycle[word])
        path = path_text(cycle["path"])
        result.append(f"ring {flags}{cycle['count']} {cycle['objects']} {cycle['bytes']} {path}")
    return sorted(result)


def matches(answer, line):
    """In an answer `*` stands for anything and `[?]` for any index; a ring may be told from any of its members."""
    match = re.match(r"(ring (?:reachable )?(?:inferred )?\S+ \S+ \S+ )(.*)", answer)
    steps = match[2].split(" -> ") if match else []
    told = [match[1] + text for text in rotations(steps)] if match else [answer]
    patterns = (re.escape(text).replace(r"\*", ".*").replace(r"\[\?\]", r"\[[0-9]+\]") for text in told)
    return any(re.fullmatch(pattern, line) for pattern in patterns)


def difference(expected, actual, is_static=False):
    """Lines of one that the other has not, marked - and +; none when they agree.

    A static program has a Swift runtime of its own, which the preloaded library cannot ask: what it knows of a type
    there it may have inferred.
    """
    left = [line.replace(" inferred", "", 1) for line in actual] if is_static else list(actual)
    expected = [line.replace(" inferred", "", 1) for line in expected] if is_static else expected
    missing = []
    # Lines that say more are matched first, so that no wildcard takes what another line needs.
    for line in sorted(expected, key=lambda line: line.count("*")):
        found = next((other for other in left if matches(line, other)), None)
        if found is None:
            missing.append(line)
        else:
            left.remove(found)
    return [f"- {line}" for line in missing] + [f"+ {line}" for line in left]


def complaints(report):
    """What must be true of any report."""
    result = []
    blocks = sum(leak["count"] for leak in report["leaks"])
    size = sum(leak["bytes"] for leak in report["leaks"])
    summary = report["summary"]
    if (summary["unreachableBlocks"], summary["unreachableBytes"]) != (blocks, size):
        result.append(f"the summary counts {summary}, the leaks add up to {blocks} blocks of {size} bytes")
    lost = sum(cycle["count"] for cycle in report["cycles"] if not cycle["reachable"])
    if summary["cycles"] != lost:
        result.append(f"the summary counts {summary['cycles']} cycles, the list {lost}")
    refused = report["scan"]["refusedReferences"]
    if refused:
        result.append(f"{refused} references lead where their type does not allow: a layout is not what it seems")
    for leak in report["leaks"]:
        # What a library makes for itself may have a stack that ends in the library.
        is_own = type_name(leak) == "malloc" or f"{MODULE}." in leak["type"]
        if is_own and not any(frame["image"].endswith(MODULE) for frame in leak["stack"]):
            result.append(f"the stack of {leak['kind']} {leak['type']} has nothing of the program")
        if len(leak["addresses"]) != min(leak["count"], 16):
            result.append(f"{leak['kind']} {leak['type']} has {len(leak['addresses'])} addresses")
    return result
