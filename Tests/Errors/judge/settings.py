"""What a victim runs under: the mode of tracking and the memory checks."""

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


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting("off", "full", "off"),
        Setting("balanced", "balanced", "sampled"),
        Setting("full", "full", "full"),
        Setting("pages-after", "full", "pages", {"MEMSCOPE_GUARD_SIDE": "after"}),
        Setting("pages-before", "full", "pages", {"MEMSCOPE_GUARD_SIDE": "before"}),
        # Nothing must be found there; twins must not be taken for victims.
        Setting("sampled", "sampled", "sampled"),
        Setting("every-guarded", "full", "sampled", {"MEMSCOPE_GUARD_RATE": "1"}),
        Setting("untracked", "off", "sampled"),
    )
}
PAGES = ("pages-after", "pages-before")
# Where a crime must be detected.
BAD_FREES = ("off", "balanced", "full", *PAGES)
WRITES = ("full", *PAGES)
READS_BEHIND = ("pages-after",)
READS_BEFORE = ("pages-before",)
FREED_READS = PAGES
