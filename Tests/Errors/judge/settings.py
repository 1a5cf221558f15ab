"""The settings that a victim runs under: the mode of tracking and the memory checks."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Setting:
    name: str
    mode: str
    checks: str
    environment: dict = field(default_factory=dict)

    @property
    def knows_allocations(self):
        """Whether every block's stack was taken."""
        return self.mode == "full"


# Of the blocks that come before a late crime: each takes a system call, and all 32,768 pages between guards and all
# 16,384 guarded places are used again after fewer.
FEWER = {"OTHERS": "200000"}
EVERY_GUARDED = {**FEWER, "MEMSCOPE_GUARD_RATE": "1", "MEMSCOPE_GUARD_SLOTS": "16384"}
# Room for a million freed blocks, so that what is done to the first is found.
ALL_KEPT = {"MEMSCOPE_QUARANTINE_BYTES": str(256 << 20)}
SETTINGS = {
    setting.name: setting
    for setting in (
        Setting("off", "full", "off"),
        Setting("balanced", "balanced", "sampled"),
        Setting("full", "full", "full", ALL_KEPT),
        Setting("pages-after", "full", "pages", {**ALL_KEPT, **FEWER, "MEMSCOPE_GUARD_SIDE": "after"}),
        Setting("pages-before", "full", "pages", {**ALL_KEPT, **FEWER, "MEMSCOPE_GUARD_SIDE": "before"}),
        Setting("guarded-after", "full", "sampled", {**EVERY_GUARDED, "MEMSCOPE_GUARD_SIDE": "after"}),
        Setting("guarded-before", "full", "sampled", {**EVERY_GUARDED, "MEMSCOPE_GUARD_SIDE": "before"}),
        # For the twins alone.
        Setting("guarded-random", "full", "sampled", {**FEWER, "MEMSCOPE_GUARD_RATE": "2"}),
        Setting("sampled", "sampled", "sampled"),
        Setting("untracked", "off", "sampled"),
    )
}
PAGES = ("pages-after", "pages-before")
GUARDED = {"pages-after": "guarded-after", "pages-before": "guarded-before"}
# Where a crime must be detected.
BAD_FREES = ("off", "balanced", "full", *PAGES)
WRITES = ("full", *PAGES)
READS_BEHIND = ("pages-after",)
READS_BEFORE = ("pages-before",)
FREED_READS = PAGES
