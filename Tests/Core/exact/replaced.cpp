// A program with operator new of its own: its blocks are counted once, at malloc.
#include <cstdlib>
#include <new>
#include <string>

#include "../support/live.h"

static int own_news, own_deletes;

void *operator new(size_t size) {
    own_news++;
    void *p = malloc(size + 16);
    if (!p) throw std::bad_alloc();
    return (char *)p + 16;
}

void operator delete(void *p) noexcept {
    own_deletes++;
    if (p) free((char *)p - 16);
}

void operator delete(void *p, size_t) noexcept { operator delete(p); }

int main() {
    test("a replaced operator new is called, and its malloc counted once");
    mark();
    int *p = new int(7);
    expect_equal(own_news, 1, "calls of the program's operator new");
    struct mscope_block block;
    expect(mscope_find_block((uintptr_t)p, &block), "the block around the object is not known");
    expect_equal(block.address, (uintptr_t)p - 16, "the block's address");
    expect_equal(block.size, sizeof(int) + 16, "the block's size");
    delete p;
    expect_equal(own_deletes, 1, "calls of the program's operator delete");
    expect_change(1, 1, sizeof(int) + 16, sizeof(int) + 16);
    end();

    test("libstdc++ uses the program's operator new too");
    int before = own_news;
    { std::string text(500, 'x'); text += text; }
    expect(own_news > before, "libstdc++ bypassed it");
    expect_consistent();
    end();
    return check_result();
}
