"""Threads, processes, compression, decimals, ctypes allocations, a database in memory."""

import bz2
import concurrent.futures
import ctypes
import decimal
import hashlib
import json
import lzma
import multiprocessing
import os
import sqlite3
import sys
import zlib


def work(number):
    data = bytes((i * number) % 251 for i in range(30000))
    packed = [zlib.compress(data, 9), bz2.compress(data), lzma.compress(data)]
    return hashlib.sha256(b"".join(packed)).hexdigest()


def main():
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        print(list(pool.map(work, range(1, 20))))
    with multiprocessing.get_context("fork").Pool(3) as pool:
        print(pool.map(work, range(1, 12)))
    decimal.getcontext().prec = 500
    print(decimal.Decimal(2).sqrt())
    print(len(json.dumps([{"key": i, "list": list(range(i % 50))} for i in range(3000)])))
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    blocks = [libc.malloc(ctypes.c_size_t(i)) for i in range(1, 2000)]
    for block in blocks:
        libc.free(ctypes.c_void_p(block))
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE t(a, b)")
    database.executemany("INSERT INTO t VALUES(?, ?)", ((i * 7919 % 1009, "x" * (i % 40)) for i in range(20000)))
    print(
        database.execute("SELECT a, count(*), sum(length(b)) FROM t GROUP BY a ORDER BY 3 DESC, a LIMIT 5").fetchall()
    )
    child = os.fork()
    if child == 0:
        os._exit(len(json.dumps(list(range(1000)))) % 200)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    sys.exit(3)


if __name__ == "__main__":
    main()
