"""What the core reported: the lines of support/report.c, with the functions' names."""

import bisect
import json
import subprocess
import threading
from dataclasses import dataclass
from functools import cache

KINDS = ("?", "use-after-free-read", "use-after-free-write", "double-free", "invalid-free", "overflow", "underflow",
         "mismatched-free")
# Flags, as in CMemscopeErrors.h.
FOUND_LATER, REFUSED, REALLOC, ON_STACK, IN_IMAGE, INTERIOR, BAD_SIZE, SWEEP = (1 << bit for bit in range(2, 10))
_lock = threading.Lock()


@cache
def _functions(image):
    """Addresses and names of an image's functions, by address."""
    lines = subprocess.run(["nm", "-n", "--defined-only", image], capture_output=True, text=True).stdout.splitlines()
    parts = [line.split(" ", 2) for line in lines]
    known = [(int(part[0], 16), part[2]) for part in parts if len(part) == 3 and part[1] in "tTwWuV"]
    return [address for address, _ in known], [name for _, name in known]


def function_at(image, offset):
    with _lock:
        addresses, names = _functions(image)
    index = bisect.bisect_right(addresses, offset) - 1
    return names[index] if index >= 0 else "?"


@dataclass(frozen=True)
class Error:
    kind: str
    flags: int
    count: int
    size: int
    offset: int
    has_block: bool
    stacks: dict

    def function(self, stack, program):
        """The name of the innermost function of the program's own; None when the stack has none."""
        for image, offset in self.stacks[stack]:
            if image == program:
                return function_at(image, offset)
        return None

    def line(self, program):
        stacks = ", ".join(f"{name} in {self.function(name, program)}" for name in self.stacks)
        return f"{self.kind} at {self.offset} of {self.size} (flags {self.flags}, {self.count} times), {stacks}"


def _error(values):
    stacks = {name: values[name] for name in ("access", "allocated", "freed")}
    return Error(KINDS[values["kind"]], values["flags"], values["count"], values["size"], values["offset"],
                 values["block"] != 0, stacks)


def read_all(path):
    """[(totals, errors)] of each process that wrote a report."""
    found = []
    for file in sorted(path.parent.glob(path.name + ".*")):
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        found.append((lines[0], [_error(line) for line in lines[1:]]))
    return found


def read(path):
    """(totals, errors) of the only process; (None, []) when it wrote none."""
    found = read_all(path)
    return found[0] if found else (None, [])
