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


def place_text(frame):
    """FUNCTION (FILE); without debug information "?" for the file."""
    line = frame["line"] or 0
    name = frame["file"].rpartition("/")[2] if frame["file"] and line > 0 else "?"
    return f"{short(frame['function'])} ({name})"


def advice(report):
    """What is said in sentences, which an answer may state: break FROM.FIELD -> TO: REASON for the reference of a
    cycle that should not be strong, made FROM.FIELD: FUNCTION (FILE) for where what holds it was made, and reason KIND
    TYPE: REASON for leaks."""
    result = {f"reason {leak['kind']} {type_name(leak)}: {short(leak['reason'])}" for leak in report["leaks"]}
    for cycle in report["cycles"]:
        edge = cycle["breakEdge"]
        start = path_text([{"type": edge["from"], "field": edge["field"]}])
        result.add(f"break {start} -> {short(edge['to'])}: {short(edge['reason'])}")
        if edge["at"]:
            result.add(f"made {start}: {place_text(edge['at'])}")
    return result


def is_advice(line):
    return line.startswith(("break ", "made ", "reason "))


def missing_advice(expected, report):
    """Sentences that an answer states and the report has not; those of a kind that it states, beside them."""
    stated = [line for line in expected if is_advice(line)]
    said = sorted(advice(report))
    missing = [line for line in stated if not any(matches(line, other) for other in said)]
    kinds = {line.split()[0] for line in missing}
    return [f"- {line}" for line in missing] + [f"? {line}" for line in said if line.split()[0] in kinds]


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
    expected = [line for line in expected if not is_advice(line)]
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


def row_name(leak):
    """All that a reader can tell two rows apart by."""
    stack = tuple((frame["function"], frame["file"], frame["line"], frame["image"]) for frame in leak["stack"])
    return leak["kind"], leak["typeKind"], leak["type"], stack


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
    result += [f"{error['kind']} of a block of {error['size']} bytes is reported" for error in report["errors"]]
    rows = Counter(row_name(leak) for leak in report["leaks"])
    result += [f"{count} rows of {name[:3]} read the same" for name, count in rows.items() if count > 1]
    empty = (cycle for cycle in report["cycles"] if cycle["objects"] < cycle["count"])
    result += [f"{cycle['count']} cycles of {cycle['objects']} objects" for cycle in empty]
    for leak in report["leaks"]:
        # What a library makes for itself may have a stack that ends in the library.
        is_own = type_name(leak) == "malloc" or f"{MODULE}." in leak["type"]
        if is_own and not any(frame["image"].endswith(MODULE) for frame in leak["stack"]):
            result.append(f"the stack of {leak['kind']} {leak['type']} has nothing of the program")
        if len(leak["addresses"]) != min(leak["count"], 16):
            result.append(f"{leak['kind']} {leak['type']} has {len(leak['addresses'])} addresses")
    return result
