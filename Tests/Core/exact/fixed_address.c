// A program at a fixed address that takes malloc's address: the dynamic linker then gives
// that address, a stub of the program, to every library that looks up malloc.
#include "../support/live.h"

static void *(*volatile allocate)(size_t) = malloc;

int main(void) {
    test("a fixed-address program that takes malloc's address is tracked");
    expect(mscope_is_active(), "mscope_is_active() is false");
    mark();
    void *direct = malloc(100), *through = allocate(200);
    expect_change(2, 0, 300, 0);
    expect_block(direct, 100, 0);
    expect_block(through, 200, 0);
    free(direct);
    free(through);
    expect_change(2, 2, 300, 300);
    end();
    return check_result();
}
