// A library with a thread-local variable, which the loader allocates when it is first touched.
static __thread void *held[4];

void **place_in_library(void) {
    return &held[2];
}
