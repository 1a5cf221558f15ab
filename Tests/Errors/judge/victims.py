"""The table: each victim, and what a report about it must say."""

from judge.reports import BAD_SIZE, IN_IMAGE, INTERIOR, ON_STACK, REALLOC, REFUSED
from judge.settings import BAD_FREES, FREED_READS, READS_BEFORE, READS_BEHIND, WRITES
from judge.swift_victims import SWIFT
from judge.victim import AFTER_READ, AFTER_WRITE, DOUBLE, INVALID, MISMATCH, OVER, UNDER, Victim

COMPLETE = tuple(name for name in BAD_FREES if name != "balanced")
REALLOCS = ("realloc_freed", "realloc_array_freed", "realloc_interior", "realloc_stack", "realloc_global",
            "realloc_mapping")


def behind(name, size, at=None, **more):
    return Victim("overflow.c", name, OVER, size, size if at is None else at, WRITES, **more)


def before(name, size, at=-1, left=-1, **more):
    return Victim("underflow.c", name, UNDER, size, at, WRITES, left=left, **more)


def read_behind(name, size, at=None, **more):
    return Victim("overread.c", name, OVER, size, size if at is None else at, READS_BEHIND, **more)


def read_before(name, size, at, **more):
    return Victim("overread.c", name, UNDER, size, at, READS_BEFORE, **more)


def freed(name, size, at, where=WRITES, freed="release", **more):
    return Victim("after_free.c", name, AFTER_WRITE, size, at, where, freed=freed, **more)


def read_freed(name, size, at, where=FREED_READS, freed="release", **more):
    return Victim("after_free.c", name, AFTER_READ, size, at, where, freed=freed, **more)


def twice(name, size, access="again", freed="release", where=BAD_FREES, **more):
    flags = REFUSED | (REALLOC if name in REALLOCS else 0)
    return Victim("frees.c", name, DOUBLE, size, 0, where, access=access, freed=freed, flags=flags, **more)


def interior(name, size, at, access="again", source="frees.c", **more):
    flags = REFUSED | INTERIOR | (REALLOC if name in REALLOCS else 0)
    return Victim(source, name, INVALID, size, at, BAD_FREES, access=access, flags=flags, **more)


def invalid(name, why=0, access="again", source="frees.c"):
    flags = REFUSED | why | (REALLOC if name in REALLOCS else 0)
    return Victim(source, name, INVALID, None, 0, BAD_FREES, access=access, allocated=None, flags=flags)


def mismatch(name, size, access, allocated="allocate", flags=0):
    return Victim("families.cpp", name, MISMATCH, size, 0, BAD_FREES, None, access, allocated, flags=flags)


def library(name, kind, size, at, where=WRITES, access=None, **more):
    return Victim("libraries.c", name, kind, size, at, where, access=access, **more)


OVERFLOWS = (
    behind("write_byte", 24),
    behind("write_byte_of_odd_size", 13),
    behind("write_byte_of_one", 1),
    behind("write_byte_of_none", 0),
    behind("write_byte_of_megabyte", 1 << 20),
    behind("write_word", 32),
    behind("write_across_end", 32),
    behind("write_page", 32, (32, 32 + 4096), allocated="allocate_cushioned"),
    behind("write_loop", 48),
    behind("write_memcpy", 64, (64, 72)),
    behind("write_memmove", 96),
    behind("write_memset", 48),
    behind("write_strcpy", 16),
    behind("write_strcat", 32),
    behind("write_strncpy", 32, (32, 36)),
    behind("write_sprintf", 8),
    behind("write_wide_string", 16),
    behind("write_zeroed", 48, allocated="allocate_zeroed"),
    behind("write_aligned", 192, allocated="allocate_aligned"),
    behind("write_page_aligned", 4096, allocated="allocate_aligned"),
    behind("write_shrunk", 80, allocated="shrink"),
    behind("write_duplicate", 16, allocated="duplicate"),
    behind("write_structure", 32),
    behind("write_flexible_member", 32),
    behind("write_atomic", 16),
    behind("write_exchange", 16),
    behind("write_by_other_thread", 112, access="write_there"),
    behind("write_byte_beside_internal", 8),
    behind("write_sort", 64, (64, 72), access="ascending"),
)
OVERREADS = (
    read_behind("read_byte", 48),
    read_behind("read_word", 32),
    read_behind("read_page_behind", 32, 4031, allocated="allocate_cushioned"),
    read_behind("read_loop", 64),
    read_behind("read_memcpy", 64, (64, 72)),
    read_behind("read_strlen", 32),
    read_behind("read_memcmp", 48, (48, 64)),
    read_behind("read_printf", 16),
    read_before("read_byte_before", 48, -1),
    read_before("read_word_before", 32, -8),
    read_before("read_page_before", 32, -4000, allocated="allocate_cushioned"),
    read_before("read_loop_before", 64, -4),
    read_before("read_memcpy_before", 64, (-8, 0)),
)
UNDERFLOWS = (
    before("write_byte_before", 24),
    before("write_word_before", 32, -8),
    before("write_across_beginning", 32, -4),
    before("write_page_before", 32, (-4096, 0), allocated="allocate_cushioned"),
    before("write_loop_before", 64, -4),
    before("write_memcpy_before", 40, (-8, 0)),
    before("write_memmove_before", 96, (-4, 0)),
    before("write_memset_before", 48),
    before("write_strcpy_before", 32, (-2, 0)),
    before("write_zeroed_before", 40, -4, allocated="write_zeroed_before"),
    before("write_aligned_before", 128, allocated="write_aligned_before"),
    before("write_megabyte_before", 1 << 20),
    before("write_atomic_before", 16, -8),
    before("write_before_by_other_thread", 112, access="write_there"),
)
AFTER_FREES = (
    freed("write_byte_freed", 48, 20),
    freed("write_first_word_freed", 32, 0),
    freed("write_last_byte_freed", 61, 60),
    freed("write_all_freed", 200, (0, 200)),
    freed("write_loop_freed", 80, 8),
    freed("write_strcpy_freed", 64, (32, 39)),
    freed("write_memcpy_freed", 96, (48, 64)),
    freed("write_atomic_freed", 64, 8),
    freed("write_unlink_freed", 16, 8),
    freed("write_megabyte_freed", 1 << 20, 500000),
    # The pages of a freed block are used again long before a million others.
    freed("write_late_freed", 5000, 4000, ("full",)),
    freed("write_freed_by_other_thread", 112, 100, access="write_there"),
    freed("write_freed_there", 112, 100),
    freed("write_reallocated", 40, 24, freed="grow"),
    read_freed("read_byte_freed", 48, 20),
    read_freed("read_first_word_freed", 32, 0),
    read_freed("read_last_byte_freed", 61, 60),
    read_freed("read_loop_freed", 80, 8),
    read_freed("read_memcpy_freed", 96, (48, 64)),
    read_freed("read_strlen_freed", 64, 32),
    read_freed("read_megabyte_freed", 1 << 20, 500000),
    read_freed("read_late_freed", 5000, 4000, ()),
    read_freed("read_reallocated", 40, 24, freed="grow"),
    read_freed("read_freed_by_other_thread", 112, 100, access="read_there"),
    read_freed("follow_freed", 16, 0, ("full", *FREED_READS)),
)
FREES = (
    twice("free_twice", 72),
    twice("free_twice_of_odd_size", 77),
    # What a freed slot says of an empty block without a stack is nothing.
    twice("free_twice_of_none", 0, where=COMPLETE),
    twice("free_twice_of_megabyte", 1 << 20),
    twice("free_twice_with_others_between", 72),
    # Guarded samples leave holes among the others, which may then get this block's address.
    twice("free_twice_late", 5000, where=COMPLETE),
    twice("free_twice_across_threads", 72),
    twice("free_twice_first_in_other_thread", 72),
    twice("free_twice_in_handler", 72),
    twice("free_reallocated", 40, freed="grow"),
    twice("realloc_freed", 104, access="resize"),
    twice("realloc_to_nothing_and_free", 88, freed="resize"),
    twice("realloc_array_freed", 104, access="realloc_array_freed"),
    interior("realloc_interior", 128, 32, access="resize"),
    invalid("realloc_stack", ON_STACK, "resize"),
    invalid("realloc_global", IN_IMAGE, "resize"),
    interior("free_interior", 128, 16),
    interior("free_interior_byte", 128, 1),
    interior("free_interior_of_megabyte", 1 << 20, 4096),
    interior("free_advanced", 64, 8),
    invalid("free_stack", ON_STACK),
    invalid("free_argument", ON_STACK),
    invalid("free_stack_of_other_thread", ON_STACK),
    invalid("free_global", IN_IMAGE),
    invalid("free_global_interior", IN_IMAGE),
    invalid("free_literal", IN_IMAGE),
    invalid("free_function", IN_IMAGE),
    invalid("free_small_number"),
    invalid("free_error_code"),
    invalid("free_mapping"),
    invalid("realloc_mapping", access="resize"),
    # What looks like a block of the allocator's is left to it: docs/checks.md.
    Victim("frees.c", "free_counterfeit", INVALID, None, 0, (), "again", allocated=None),
)
FAMILIES = (
    mismatch("new_and_free", 40, "release", "allocate_one"),
    mismatch("new_array_and_free", 56, "release", "allocate_many"),
    mismatch("malloc_and_delete", 72, "delete_one"),
    mismatch("malloc_and_delete_array", 72, "delete_many"),
    mismatch("new_and_delete_array", 40, "delete_many", "allocate_one"),
    mismatch("new_array_and_delete", 56, "delete_one", "allocate_many"),
    mismatch("delete_with_other_size", 40, "delete_sized", "allocate_one", flags=BAD_SIZE),
    mismatch("delete_array_with_other_size", 64, "delete_many_sized", "allocate_many", flags=BAD_SIZE),
    mismatch("object_array_and_delete", 120, "object_array_and_delete", "make_objects"),
    mismatch("strdup_and_delete_array", 31, "delete_many", "strdup_and_delete_array"),
    mismatch("aligned_new_and_free", 128, "release", "aligned_new_and_free"),
    mismatch("new_and_realloc", 48, "new_and_realloc", "allocate_one", REALLOC),
    mismatch("free_with_other_size", 80, "give_back_sized", flags=BAD_SIZE),
    mismatch("free_aligned_with_other_size", 256, "give_back_aligned", "free_aligned_with_other_size", flags=BAD_SIZE),
    Victim("families.cpp", "delete_twice", DOUBLE, 40, 0, BAD_FREES, None, "delete_many", "allocate_one", "delete_one"),
    interior("delete_other_base", 24, 8, "delete_one", "families.cpp", allocated="delete_other_base"),
    invalid("delete_stack", ON_STACK, "delete_one", "families.cpp"),
    Victim("families.cpp", "new_write_behind", OVER, 40, 40, WRITES, allocated="allocate_one"),
    Victim("families.cpp", "new_write_freed", AFTER_WRITE, 40, 24, WRITES, None, None, "allocate_one", "delete_one"),
    Victim("families.cpp", "vector_write_behind", OVER, 48, 48, WRITES, allocated=None),
    Victim("families.cpp", "vector_write_outgrown", AFTER_WRITE, 48, 16, WRITES, allocated=None),
    Victim("families.cpp", "string_write_freed", AFTER_WRITE, 101, 50, WRITES, allocated=None),
    Victim(
        "families.cpp", "virtual_call_freed", AFTER_READ, 32, 0, FREED_READS, allocated=None, freed="delete_one"
    ),
)
LIBRARIES = (
    library("unpack", OVER, 80, (80, 96), access="unpack_to"),
    library("checksum", OVER, 4096, (4096, 4112), READS_BEHIND),
    library("format_number", OVER, 16, 16),
    library("read_file", OVER, 24, (24, 32)),
    library("read_line", OVER, 16, 16),
    # The kernel does not fault but says EFAULT, so a guard page keeps it out unseen.
    library("read_call", OVER, 48, 48, ("full", "pages-before")),
    library("getline_freed", AFTER_WRITE, 64, (0, 8), freed="release"),
)
EVERY = SWIFT + OVERFLOWS + OVERREADS + UNDERFLOWS + AFTER_FREES + FREES + FAMILIES + LIBRARIES
