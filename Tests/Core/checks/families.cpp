// Blocks given back by another family or with another size: reported, and then freed all the same.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "../support/errors.h"

static __attribute__((noinline)) void give_back(void (*how)(void *), void *block) {
    how(block);
    __asm__ volatile("");
}

static void by_free(void *p) { free(p); }
static void by_delete(void *p) { ::operator delete(p); }
static void by_array(void *p) { ::operator delete[](p); }
static void by_realloc(void *p) {
    void *moved = realloc(p, 5000);
    free(moved);
}

static void mixes() {
    struct {
        const char *name;
        void *block;
        void (*how)(void *);
        uint32_t family, given;
    } crimes[] = {
        {"free of new", ::operator new(56), by_free, 1, 0},
        {"free of new[]", ::operator new[](56), by_free, 2, 0},
        {"delete of malloc", malloc(56), by_delete, 0, 1},
        {"delete[] of malloc", malloc(56), by_array, 0, 2},
        {"delete of new[]", ::operator new[](56), by_delete, 2, 1},
        {"delete[] of new", ::operator new(56), by_array, 1, 2},
        {"realloc of new", ::operator new(56), by_realloc, 1, 0},
    };
    for (auto &crime : crimes) {
        test(crime.name);
        mark_errors();
        mark();
        give_back(crime.how, crime.block);
        expect_error(MSCOPE_MISMATCHED_FREE, crime.block, 56, 0);
        expect_equal(last_error().family, crime.family, "the block's family");
        expect_equal(last_error().given_family, crime.given, "the call's family");
        struct mscope_counts c = change();
        expect_equal(c.frees - c.allocations, 1, "frees less allocations");
        end();
    }
}

static void sizes() {
    test("a sized delete with another size");
    void *p = ::operator new(56);
    mark_errors();
    ::operator delete(p, (size_t)40);
    expect_error(MSCOPE_MISMATCHED_FREE, p, 56, 0);
    expect_equal(last_error().given, 40, "the given size");
    expect(last_error().flags & MSCOPE_ERROR_BAD_SIZE, "it does not say that the size was bad");
    end();

    test("an aligned and sized delete[] with another size");
    p = ::operator new[](256, std::align_val_t{64});
    mark_errors();
    ::operator delete[](p, (size_t)128, std::align_val_t{64});
    expect_error(MSCOPE_MISMATCHED_FREE, p, 256, 0);
    end();
}

struct Base {
    virtual ~Base() {}
    int n = 1;
};
struct Derived : Base {
    std::string text = "a string that is too long to be kept inside";
    double numbers[9] = {0};
};

static void twins() {
    test("what C++ itself does is no error");
    mark_errors();
    for (int i = 0; i < 200; i++) {
        std::vector<std::string> words;
        for (int k = 0; k < 40; k++) words.push_back(std::string(static_cast<size_t>(k), 'x'));
        Base *base = new Derived;
        delete base;
        delete[] new Derived[3];
        auto shared = std::make_shared<Derived>();
        ::operator delete(::operator new(10, std::nothrow), std::nothrow);
        ::operator delete(::operator new(640, std::align_val_t{128}), (size_t)640, std::align_val_t{128});
        ::operator delete((void *)nullptr);
        ::operator delete((void *)nullptr, (size_t)8);
        try {
            throw std::string("thrown, from the emergency pool or the heap");
        } catch (std::string &text) {
        }
    }
    expect_errors(0);
    end();
}

int main() {
    mixes();
    sizes();
    twins();
    return check_result();
}
