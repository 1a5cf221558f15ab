"""Reads the known answers: what a report must say of each case.

A case is a line without indentation; what is indented below it are the lines of its report, in the notation of
`report.lines`, each of which may begin with the ways of building it that it is true for ("N,Ns:"). A case without
lines leaks nothing.
"""

import re
from dataclasses import dataclass, field

WAYS = ("N", "O", "Ns", "Os")
STATIC = ("Ns", "Os")
# Built without reflection metadata: cases that say what is then known.
BLIND = "R"
# C is built in one way and runs under each level of checks, which decides where a block lies.
CHECKS = {"C": "sampled", "C-full": "full", "C-pages": "pages"}


@dataclass
class Line:
    text: str
    ways: tuple

    @property
    def sort(self):
        """A ring, a sentence of advice, or a leak."""
        word = self.text.split()[0]
        return word if word in ("ring", "break", "made", "reason") else "leak"


@dataclass
class Case:
    topic: str
    name: str
    lines: list = field(default_factory=list)

    def is_for(self, way):
        return way != BLIND or any(BLIND in line.ways for line in self.lines)

    def expected(self, way):
        """Without reflection metadata, lines of that way take the place of all others of their sort."""
        chosen = []
        for line in self.lines:
            same = [other for other in self.lines if other.sort == line.sort and BLIND in other.ways]
            if way in line.ways or (not line.ways and not (way == BLIND and same)):
                chosen.append(line.text)
        return as_static(chosen) if way in STATIC else chosen


def as_static(lines):
    """What libraries allocated is the program's own in a program that has them inside."""
    changed = [re.sub(r"^(\S+) \S+ \S+ lib\w+\.so$", r"\1 * * malloc", line) for line in lines]
    return list(dict.fromkeys(changed))


def parse_line(text, place):
    match = re.match(r"([A-Za-z,]+): (.*)", text)
    if not match:
        return Line(text, ())
    ways = tuple(match[1].split(","))
    if not set(ways) <= {*WAYS, BLIND}:
        raise ValueError(f"{place}: unknown way in '{match[1]}'; there are {', '.join(WAYS)} and {BLIND}")
    return Line(match[2], ways)


def read(path):
    cases = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith(" "):
            cases[-1].lines.append(parse_line(line.strip(), f"{path.name}:{number}"))
        else:
            cases.append(Case(path.stem, line.strip()))
    return cases
