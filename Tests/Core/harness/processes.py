"""Starts programs in sessions of their own, so that all processes they start can be ended with them."""

import os
import signal
import subprocess
import threading
from dataclasses import dataclass

running = set()
lock = threading.Lock()


@dataclass
class Outcome:
    status: object  # exit status, "signal N" or "timeout"
    output: bytes
    errors: bytes

    @property
    def text(self):
        return self.output.decode(errors="replace")

    def tail(self):
        return self.errors.decode(errors="replace")[-1500:]


def end(process):
    """Ends the session that `process` leads; it may have left children behind."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def kill_all():
    with lock:
        for process in list(running):
            end(process)


def run(command, environment=None, folder=None, timeout=120, file_input=None, watcher=None):
    """Runs to the end or to the timeout; `watcher` is called with the process meanwhile."""
    source = open(file_input, "rb") if file_input else subprocess.DEVNULL
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=source,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=folder,
        start_new_session=True,
    )
    with lock:
        running.add(process)
    stop = threading.Event()
    thread = threading.Thread(target=watcher, args=(process, stop)) if watcher else None
    if thread:
        thread.start()
    try:
        output, errors = process.communicate(timeout=timeout)
        code = process.returncode
        status = f"signal {-code}" if code < 0 else code
    except subprocess.TimeoutExpired:
        end(process)
        output, errors = process.communicate()
        status = "timeout"
    finally:
        end(process)
        stop.set()
        if thread:
            thread.join()
        if file_input:
            source.close()
        with lock:
            running.discard(process)
    return Outcome(status, output, errors)
