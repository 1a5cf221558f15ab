"""The table of the victims in Swift."""

from judge.settings import BAD_FREES, FREED_READS, READS_BEFORE, READS_BEHIND, WRITES
from judge.victim import AFTER_READ, AFTER_WRITE, DOUBLE, INVALID, OVER, UNDER, Victim

COUNTED = (AFTER_READ, AFTER_WRITE)
ACCOUNT = {"allocated": "Account", "freed": "7AccountCfD"}


def swift(file, name, kind, size, at, where=WRITES, access=None, allocated="makeWords", **more):
    return Victim(f"swift/{file}.swift", name, kind, size, at, where, access=access, allocated=allocated, **more)


SWIFT = (
    swift("pointers", "writeByteBehind", OVER, 37, 37, allocated="makeBytes"),
    swift("pointers", "writeWordBehind", OVER, 32, 32),
    swift("pointers", "readWordBehind", OVER, 32, 32, READS_BEHIND),
    swift("pointers", "writeWordBefore", UNDER, 32, -8, left=-1),
    swift("pointers", "readWordBefore", UNDER, 32, -8, READS_BEFORE),
    swift("pointers", "writeWordFreed", AFTER_WRITE, 48, 24, freed="giveBack"),
    swift("pointers", "readWordFreed", AFTER_READ, 48, 24, FREED_READS, freed="giveBack"),
    swift("pointers", "deallocateTwice", DOUBLE, 72, 0, BAD_FREES, "giveBackAgain", freed="giveBack"),
    swift("pointers", "deallocateInterior", INVALID, 128, 16, BAD_FREES, "giveBackAgain"),
    swift("pointers", "initializeTooMany", OVER, 64, 64),
    swift("pointers", "updateTooMany", OVER, 64, (64, 72)),
    swift("pointers", "copyTooMany", OVER, 64, (64, 72)),
    swift("pointers", "storeAcrossEnd", OVER, 16, 16, access="storeBytes"),
    swift("pointers", "writeAligned", OVER, 128, 128, WRITES, "storeBytes", "writeAligned"),
    swift("pointers", "writeArrayBehind", OVER, 64, 64, allocated="writeArrayBehind"),
    swift("pointers", "writeArrayFreed", AFTER_WRITE, 128, 72, allocated="writeArrayFreed", freed="writeArrayFreed"),
    swift("pointers", "writeOptionalFreed", AFTER_WRITE, 64, 32, allocated="writeOptionalFreed", freed="giveBack"),
    swift("pointers", "freeVariable", INVALID, None, 0, BAD_FREES, "giveBackAgain", allocated=None),
    swift("pointers", "freeGlobal", INVALID, None, 0, BAD_FREES, "giveBackAgain", allocated=None),
    swift("pointers", "freeArrayElements", INVALID, 128, 32, BAD_FREES, "giveBackAgain", allocated="freeArrayElements"),
    swift(
        "objects", "writeFieldFreed", AFTER_WRITE, 32, 24, **ACCOUNT, access="storeBytes",
    ),
    swift("objects", "readFieldFreed", AFTER_READ, 32, 24, FREED_READS, **ACCOUNT),
    # A counted reference to a dead object reads its count before all else.
    swift("objects", "writeUnownedFreed", COUNTED, 32, 8, left=24, **ACCOUNT),
    swift("objects", "readUnownedFreed", COUNTED, 32, 8, FREED_READS, **ACCOUNT),
    swift("objects", "readUnmanagedFreed", COUNTED, 32, (0, 32), FREED_READS, **ACCOUNT),
    # A dead object whose count may be read dies again, so it may also be given back twice.
    swift("objects", "releaseTwice", (*COUNTED, DOUBLE), 32, (0, 9), access="", **ACCOUNT),
    swift("objects", "retainFreed", COUNTED, 32, 8, left=12, **ACCOUNT),  # the upper half of the counts
    swift("objects", "callMethodFreed", AFTER_READ, 24, 0, FREED_READS, allocated="Shape", freed="5ShapeCfD"),
    swift("objects", "writeFieldBehind", OVER, 32, 32, allocated="Account", access="storeBytes"),
    swift("objects", "freeObjectTwice", DOUBLE, 32, 0, BAD_FREES, **ACCOUNT),
    swift("buffers", "copyByC", OVER, 64, (64, 72), allocated="makeBytes"),
    swift("buffers", "fillByC", OVER, 50, 50, allocated="makeBytes"),
    swift("buffers", "textByC", OVER, 16, 16, allocated="makeBytes"),
    swift("buffers", "formatByC", OVER, 8, 8, allocated="makeBytes"),
    swift("buffers", "unpackByC", OVER, 80, (80, 96), allocated="makeBytes"),
    swift("buffers", "checksumByC", OVER, 4096, (4096, 4112), READS_BEHIND, allocated="makeBytes"),
    swift("buffers", "lengthByC", OVER, 32, 32, READS_BEHIND, allocated="makeBytes"),
    swift("buffers", "sortByC", OVER, 64, (64, 72)),
    swift("buffers", "fillFreedByC", AFTER_WRITE, 120, (40, 56), allocated="makeBytes", freed="giveBack"),
    swift("buffers", "freeByBoth", DOUBLE, 72, 0, BAD_FREES, "giveBackAgain", freed="freeByBoth"),
    swift(
        "buffers", "duplicateTwiceFreed", DOUBLE, 24, 0, BAD_FREES, "giveBackAgain", allocated="duplicateTwiceFreed",
        freed="duplicateTwiceFreed",
    ),
    swift("buffers", "resizeFreed", DOUBLE, 72, 0, BAD_FREES, freed="giveBack"),
)
