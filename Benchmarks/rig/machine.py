"""Where a measurement was made: figures mean nothing without it."""

import os
import platform
import shutil
import subprocess
from datetime import date

RIVAL_PACKAGES = ["heaptrack", "libjemalloc2", "libgoogle-perftools4", "libgoogle-perftools4t64"]


def first_line(command):
    if not shutil.which(command[0]):
        return None
    output = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
    return output.splitlines()[0] if output else None


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.machine()


def package_version(name):
    version = first_line(["dpkg-query", "-W", "-f=${Version}", name])
    return f"{name} {version}" if version else None


def description():
    """One fact a line, as a Markdown list."""
    with open("/proc/loadavg", encoding="utf-8") as file:
        load = file.read().split()[0]
    facts = [
        f"{date.today().isoformat()}, {processor()}, {os.cpu_count()} cores, load average {load} at the start",
        f"{platform.system()} {platform.release()}, {' '.join(platform.libc_ver())}",
        first_line(["swift", "--version"]),
        ", ".join(filter(None, map(package_version, RIVAL_PACKAGES))),
    ]
    return "\n".join(f"- {fact}" for fact in facts if fact)
