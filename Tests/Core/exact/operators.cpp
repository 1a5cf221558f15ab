// Every form of operator new and delete, called as such and through expressions.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "../support/live.h"

enum { FAMILY_MALLOC = 0, FAMILY_NEW = 1, FAMILY_ARRAY = 2 };

static void plain_forms() {
    test("operator new and new[] with every delete, and their families");
    mark();
    void *p = ::operator new(24);
    expect_block(p, 24, FAMILY_NEW);
    ::operator delete(p);
    p = ::operator new(24);
    ::operator delete(p, (size_t)24);
    p = ::operator new(24);
    ::operator delete(p, std::nothrow);
    p = ::operator new[](48);
    expect_block(p, 48, FAMILY_ARRAY);
    ::operator delete[](p);
    p = ::operator new[](48);
    ::operator delete[](p, (size_t)48);
    p = ::operator new(72, std::nothrow);
    expect_block(p, 72, FAMILY_NEW);
    ::operator delete(p);
    p = ::operator new[](96, std::nothrow);
    expect_block(p, 96, FAMILY_ARRAY);
    ::operator delete[](p, std::nothrow);
    ::operator delete(nullptr);
    ::operator delete[](nullptr);
    expect_change(7, 7, 24 * 3 + 48 * 2 + 72 + 96, 24 * 3 + 48 * 2 + 72 + 96);
    end();
}

static void aligned_forms() {
    test("aligned forms align, count once and have their families");
    mark();
    uint64_t bytes = 0, count = 0;
    for (size_t size = 32; size <= 65536; size *= 4) {
        std::align_val_t alignment{size};
        void *blocks[] = {
            ::operator new(40, alignment), ::operator new[](40, alignment),
            ::operator new(40, alignment, std::nothrow), ::operator new[](40, alignment, std::nothrow),
        };
        for (size_t i = 0; i < 4; i++) {
            expect(((uintptr_t)blocks[i] & (size - 1)) == 0, "%p is not aligned to %zu", blocks[i], size);
            expect_block(blocks[i], 40, i % 2 ? FAMILY_ARRAY : FAMILY_NEW);
        }
        ::operator delete(blocks[0], alignment);
        ::operator delete[](blocks[1], 40, alignment);
        ::operator delete(blocks[2], 40, alignment);
        ::operator delete[](blocks[3], alignment, std::nothrow);
        bytes += 160;
        count += 4;
    }
    expect_change(count, count, bytes, bytes);
    end();
}

struct alignas(128) Wide {
    char bytes[256];
};

struct Thrower {
    char bytes[100];
    Thrower() { throw 7; }
};

static void expressions() {
    test("new expressions of over-aligned types and of throwing constructors");
    mark();
    Wide *wide = new Wide, *several = new Wide[3];
    expect_block(wide, 256, FAMILY_NEW);
    expect(((uintptr_t)several & 127) == 0, "an array of over-aligned objects is not aligned");
    delete wide;
    delete[] several;
    struct mscope_counts before = change();
    bool caught = false;
    try {
        delete new Thrower;
    } catch (int) {
        caught = true;
    }
    struct mscope_counts after = change();
    expect(caught, "the constructor did not throw");
    expect_equal(after.allocations - after.frees, 0, "live blocks after the exception");
    expect_equal(before.allocations - before.frees, 0, "live blocks before it");
    end();

    test("zero-size new gives distinct blocks of no bytes");
    mark();
    char *a = new char[0], *b = new char[0];
    expect(a && b && a != b, "the blocks are %p and %p", (void *)a, (void *)b);
    expect_change(2, 0, 0, 0);
    delete[] a;
    delete[] b;
    expect_change(2, 2, 0, 0);
    end();
}

static int handler_calls;

static void counting_handler() {
    if (++handler_calls == 3) std::set_new_handler(nullptr);
}

static void throwing_handler() {
    throw std::bad_alloc();
}

static volatile size_t too_much = PTRDIFF_MAX / 2 * 2;

static void failures() {
    test("a failing new calls the new-handler until it is gone, then throws bad_alloc");
    // The first failure looks symbols up, which frees the text of an earlier dlerror.
    if (::operator new(too_much, std::nothrow)) expect(false, "a huge new succeeded");
    mark();
    std::set_new_handler(counting_handler);
    handler_calls = 0;
    bool caught = false;
    try {
        ::operator delete(::operator new(too_much));
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    expect(caught, "nothing was thrown");
    expect_equal(handler_calls, 3, "the number of handler calls");
    std::set_new_handler(counting_handler);
    handler_calls = 0;
    caught = false;
    try {
        ::operator delete[](::operator new[](too_much, std::align_val_t{64}), std::align_val_t{64});
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    expect(caught && handler_calls == 3, "aligned new[]: caught %d after %d handler calls", caught, handler_calls);
    end();

    test("a failing nothrow new gives null, also when the handler throws");
    std::set_new_handler(throwing_handler);
    expect(::operator new(too_much, std::nothrow) == nullptr, "nothrow new succeeded");
    expect(::operator new[](too_much, std::nothrow) == nullptr, "nothrow new[] succeeded");
    expect(::operator new(too_much, std::align_val_t{64}, std::nothrow) == nullptr, "aligned nothrow new succeeded");
    std::set_new_handler(nullptr);
    expect(::operator new(too_much, std::nothrow) == nullptr, "nothrow new without handler succeeded");
    struct mscope_counts counts = change();
    expect_equal(counts.allocations - counts.frees, 0, "live blocks after the failures");
    end();
}

static void *rescue;

static void releasing_handler() {
    free(rescue);
    rescue = nullptr;
    handler_calls++;
    too_much = 1000;
    std::set_new_handler(nullptr);
}

static void containers() {
    test("containers balance to nothing");
    mark();
    {
        std::vector<std::string> words;
        for (int i = 0; i < 1000; i++) words.emplace_back(std::string((size_t)(i % 60), 'x'));
        auto shared = std::make_shared<Wide>();
        std::unique_ptr<int[]> array(new int[1000]);
        expect_block(array.get(), 4000, FAMILY_ARRAY);
    }
    struct mscope_counts counts = change();
    expect(counts.allocations > 500, "only %llu allocations", (unsigned long long)counts.allocations);
    expect_equal(counts.allocations, counts.frees, "allocations");
    expect_equal(counts.allocated_bytes, counts.freed_bytes, "allocated bytes");
    end();
}

static void rescued() {
    test("a handler that frees memory may itself be recorded");
    rescue = malloc(5000);
    mark();
    std::set_new_handler(releasing_handler);
    handler_calls = 0;
    bool caught = false;
    try {
        ::operator delete(::operator new(too_much));
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    std::set_new_handler(nullptr);
    expect(caught && handler_calls == 1, "caught %d after %d handler calls", caught, handler_calls);
    expect_no_block(rescue ? rescue : &rescue);
    end();
}

int main() {
    plain_forms();
    aligned_forms();
    expressions();
    // Built as C it cannot throw: a failing new ends the program, with the core or without.
    if (strcmp(mscope_allocator_name(), "mimalloc") != 0) {
        failures();
        rescued();
    }
    containers();
    test("live figures, walk and sites agree after all of it");
    expect_consistent();
    end();
    return check_result();
}
