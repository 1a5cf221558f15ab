"""One row of the table: a victim, and the reports that it must cause."""

from dataclasses import dataclass

from judge.settings import GUARDED

AFTER_READ, AFTER_WRITE = "use-after-free-read", "use-after-free-write"
DOUBLE, INVALID, MISMATCH = "double-free", "invalid-free", "mismatched-free"
OVER, UNDER = "overflow", "underflow"
PAGE = 4096
CUSHION = 20000  # the blocks beside a victim that damages a page: they may be reported too


@dataclass(frozen=True)
class Victim:
    """`at` is the offset of the access, or first and one past the last; `left` that of what it leaves behind."""

    source: str
    name: str
    kind: object  # or the kinds it may be
    size: object  # None: no block is known
    at: object
    where: tuple
    left: object = None
    access: str | None = None  # a function's name; None: the victim's own, "": not always the same
    allocated: str | None = "allocate"
    freed: str | None = None
    flags: int = 0  # of the report, at least

    @property
    def settings(self):
        """The settings that must detect it: what lies between guard pages of its own does so for samples too."""
        small = self.size is None or self.size <= PAGE
        return (*self.where, *(GUARDED[name] for name in self.where if small and name in GUARDED))

    @property
    def kinds(self):
        return self.kind if isinstance(self.kind, tuple) else (self.kind,)

    @property
    def offsets(self):
        return range(*self.at) if isinstance(self.at, tuple) else (self.at,)

    @property
    def remains(self):
        return self.offsets[0] if self.left is None else self.left

    @property
    def function(self):
        return self.name if self.access is None else self.access
