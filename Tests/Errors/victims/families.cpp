// Blocks given back by another family than they came from, or with another size; crimes on C++ containers.
#include "../support/victim.h"

#include <new>
#include <string>
#include <vector>

extern "C" {
void free_sized(void *block, size_t size);
void free_aligned_sized(void *block, size_t alignment, size_t size);
}
#pragma weak free_sized
#pragma weak free_aligned_sized

struct Plain {
    long words[5];
};
struct Named {
    virtual ~Named() {}
    long words[3];
};
struct Base {
    long first;
};
struct Other {
    long second;
};
struct Derived : Base, Other {
    long third;
};

static __attribute__((noinline)) void *allocate_one(size_t size) {
    return operator new(size);
}
static __attribute__((noinline)) void *allocate_many(size_t size) {
    return operator new[](size);
}
static __attribute__((noinline)) void delete_one(void *block) {
    operator delete(block);
}
static __attribute__((noinline)) void delete_many(void *block) {
    operator delete[](block);
}
static __attribute__((noinline)) void delete_sized(void *block, size_t size) {
    operator delete(block, size);
}
static __attribute__((noinline)) void delete_many_sized(void *block, size_t size) {
    operator delete[](block, size);
}

VICTIM(new_and_free) {
    void *block = allocate_one(40);
    crime ? release(block) : delete_one(block);
}

VICTIM(new_array_and_free) {
    void *block = allocate_many(56);
    crime ? release(block) : delete_many(block);
}

VICTIM(malloc_and_delete) {
    void *block = allocate(72);
    crime ? delete_one(block) : release(block);
}

VICTIM(malloc_and_delete_array) {
    void *block = allocate(72);
    crime ? delete_many(block) : release(block);
}

VICTIM(new_and_delete_array) {
    void *block = allocate_one(40);
    crime ? delete_many(block) : delete_one(block);
}

VICTIM(new_array_and_delete) {
    void *block = allocate_many(56);
    crime ? delete_one(block) : delete_many(block);
}

VICTIM(delete_with_other_size) {
    void *block = allocate_one(sizeof(Plain));
    delete_sized(block, sizeof(Plain) + 8 * crime);
}

VICTIM(delete_array_with_other_size) {
    void *block = allocate_many(64);
    delete_many_sized(block, 64 - 8 * crime);
}

static __attribute__((noinline)) Plain *make_objects() {
    return new Plain[3];
}

VICTIM(object_array_and_delete) {
    Plain *objects = make_objects();
    if (crime) delete objects;
    else delete[] objects;
}

VICTIM(strdup_and_delete_array) {
    char *text = strdup("from C, given back as C++ does");
    crime ? delete_many(text) : free(text);
}

VICTIM(aligned_new_and_free) {
    void *block = operator new(128, std::align_val_t(64));
    if (crime) release(block);
    else operator delete(block, std::align_val_t(64));
}

VICTIM(new_and_realloc) {
    void *block = crime ? allocate_one(48) : allocate(48);
    release(realloc(block, 200));
}

static __attribute__((noinline)) void give_back_sized(void *block, size_t size) {
    if (free_sized) free_sized(block, size);
    else free(block); // older than C23
}

VICTIM(free_with_other_size) {
    give_back_sized(allocate(80), 80 + 4 * crime);
}

static __attribute__((noinline)) void give_back_aligned(void *block, size_t alignment, size_t size) {
    if (free_aligned_sized) free_aligned_sized(block, alignment, size);
    else free(block);
}

VICTIM(free_aligned_with_other_size) {
    give_back_aligned(aligned_alloc(64, 256), 64, 256 - 64 * crime);
}

VICTIM(delete_twice) {
    void *block = allocate_one(40);
    delete_one(block);
    if (crime) delete_many(block);
}

VICTIM(delete_other_base) {
    Derived *object = new Derived;
    Other *other = object; // 8 bytes into the object, and no virtual destructor
    see(other);
    crime ? delete_one(other) : delete_one(object);
    if (crime) delete object;
}

VICTIM(delete_stack) {
    Plain object;
    see(&object);
    if (crime) delete_one(&object);
}

VICTIM(new_write_behind) {
    long *words = (long *)allocate_one(40);
    words[4 + crime] = 1;
    if (!keeps) delete_one(words);
}

VICTIM(new_write_freed) {
    long *words = (long *)allocate_one(40);
    if (crime) delete_one(words);
    words[3] = 1;
    if (!crime) delete_one(words);
}

VICTIM(vector_write_behind) {
    std::vector<long> *numbers = new std::vector<long>;
    numbers->reserve(6);
    for (int i = 0; i < 6; i++) numbers->push_back(i);
    numbers->data()[5 + crime] = 1;
    if (!keeps) delete numbers;
}

VICTIM(vector_write_outgrown) {
    std::vector<long> numbers(6);
    long *first = numbers.data();
    numbers.resize(600);
    if (!crime) first = numbers.data();
    first[2] = 1;
}

VICTIM(string_write_freed) {
    std::string *text = new std::string(100, 'x');
    char *letters = &(*text)[0];
    if (crime) delete text;
    letters[50] = 'y';
    if (!crime) delete text;
}

VICTIM(virtual_call_freed) {
    Named *object = new Named;
    if (crime) delete_one(object);
    see(*(void **)object); // the table of virtual functions, as a call would
    if (!crime) delete object;
}
