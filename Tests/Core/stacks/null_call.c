// A call through a null pointer, handled: the interrupted frame has no code of its own,
// so no table can say how to leave it. A recorded stack must not claim to be exact
// unless it is.
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

static sigjmp_buf back;
static void (*volatile nowhere)(void);

static void fault(int number) {
    (void)number;
    free(malloc(50));
    siglongjmp(back, 1);
}

static __attribute__((noinline)) int caller(int value) {
    nowhere();
    return value + 1;
}

int main(void) {
    signal(SIGSEGV, fault);
    for (volatile int i = 0; i < 20; i++) {
        if (!sigsetjmp(back, 1)) caller(i);
    }
    return 0;
}
