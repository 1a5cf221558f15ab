"""The functions and images of stacks in code whose names are hard to find."""

import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUST = {
    1001: "<app::store::Store<(u8, u32)>>::keep",
    1002: "<app::Store as core::ops::Drop>::drop",
}


def build(folder: Path):
    flags = ["clang", "-g", "-O1", "-fno-builtin", "-o"]
    commands = [[*flags, folder / "named", HERE / "names.c", "-lpthread", "-ldl"]]
    commands += [[*flags, folder / f"plugin_{name}.so", f"-DLOSE=lose_{name}", "-shared", "-fPIC", HERE / "plugin.c"]
                 for name in "ab"]
    for command in commands:
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def interpreter(program: Path) -> str:
    """The loader that a program asks for."""
    text = subprocess.run(["readelf", "-lW", program], capture_output=True, text=True, check=True).stdout
    return text.split("interpreter: ")[1].split("]")[0]


def first_frame(report: dict, size: int) -> tuple:
    """Function, image, file and line of the function that lost a block of this size."""
    stacks = [leak["stack"] for leak in report["leaks"] if leak["bytes"] == size]
    frame = stacks[0][0] if stacks and stacks[0] else {}
    return tuple(frame.get(key) for key in ("function", "image", "line")) + (os.path.basename(frame.get("file") or ""),)


def names(runner):
    build(runner.folder)
    program = runner.folder / "named"

    def look(way: str, *command: str | Path) -> dict:
        outcome, reports = runner.run(way, command=command or [program])
        runner.check(f"{way}: runs in silence", (outcome.returncode, outcome.stderr) == (0, ""), outcome)
        return next(iter(reports.values()), {"leaks": [], "process": {}})

    for how, command in (("", [program]), (" through the loader", [interpreter(program), program])):
        report = look("rust", *command)
        runner.check(f"the process has the program's name{how}", report["process"].get("name") == "named",
                     report["process"])
        for size, function in RUST.items():
            found = first_frame(report, size)
            runner.check(f"a Rust name is read{how}", found[:2] == (function, "named"), found)
            runner.check(f"with its line{how}", found[2] is not None and found[3] == "names.c", found)
    expected = {"relative": (1003, "lose_a", "plugin_a.so"), "namespace": (1004, "lose_a", "plugin_a.so")}
    expected |= {rounds: (1554, "lose_b", "plugin_b.so") for rounds in ("10", "4060", "4100", "10000")}
    for way, (size, function, image) in expected.items():
        found = first_frame(look(way), size)
        runner.check(f"{way}: whose block it was", found == (function, image, 5, "plugin.c"), found)
