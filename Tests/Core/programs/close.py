# Closes numbers that are not its own, as shells and daemons do, and checks that its own files are unchanged.
# The argument says for how many seconds.
import os
import sys
import tempfile
import time

folder = tempfile.mkdtemp()


def content(number):
    path = f"{folder}/{number % 8}"
    with open(path, "w") as file:
        file.write(str(number))
    with open(path) as file:
        return file.read()


wrong = 0
end = time.monotonic() + float(sys.argv[1])
number = 0
while time.monotonic() < end:
    number += 1
    read, write = os.pipe()
    os.close(write)
    for closed in (write, read, read, write):
        try:
            os.close(closed)
        except OSError:
            pass
    wrong += content(number) != str(number)

os.closerange(3, 1024)
time.sleep(0.5)
print("wrong contents:", wrong)
print("open descriptors:", os.listdir("/proc/self/fd") == ["0", "1", "2", "3"])
