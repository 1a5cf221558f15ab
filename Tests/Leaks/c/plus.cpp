// C++ objects: pointers to bases, arrays with a count in front, shared ownership.
#include "cases.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace
{

struct First {
    virtual ~First() = default;
    long first = 1;
};
struct Second {
    virtual ~Second() = default;
    long second = 2;
};
struct Both : First, Second {
    long both = 3;
};
struct Counted {
    ~Counted()
    {
        cases_show(this);
    }
    long number = 4;
};
struct Link {
    std::shared_ptr<Link> next;
};

Second *base;
Counted *array;
std::map<int, std::string> *dictionary;

void show(const void *value)
{
    cases_show(value);
}

/// No elements: a pointer to behind the block, in which there is only a count, 0.
void by_empty_array()
{
    volatile size_t none = 0;
    array = new Counted[none];
    show(array);
}

struct alignas(64) Wide {
    ~Wide() { room[0] = 0; }
    volatile char room[64];
};
Wide *volatile wide[20];

/// The same with room for the count as great as the alignment.
void by_empty_wide_arrays()
{
    volatile size_t none = 0;
    for (auto &each : wide) each = new Wide[none];
}

void lost_object()
{
    show(new Both);
}

void lost_array()
{
    show(new Counted[5]);
}

void lost_string()
{
    show(new std::string(100, 'x'));
}

void lost_vector()
{
    auto *numbers = new std::vector<int *>;
    numbers->reserve(4);
    numbers->push_back(new int(1));
    numbers->push_back(new int(2));
    show(numbers);
}

void shared_ring()
{
    auto one = std::make_shared<Link>();
    one->next = std::make_shared<Link>();
    one->next->next = one;
    show(one.get());
}

void by_base()
{
    base = new Both;
    show(base);
}

void by_counted_array()
{
    array = new Counted[7];
    show(array);
}

void by_containers()
{
    dictionary = new std::map<int, std::string>;
    for (int i = 0; i < 50; i++) (*dictionary)[i] = std::string(40, 'a');
    std::vector<std::unique_ptr<Both>> passing;
    for (int i = 0; i < 20; i++) passing.push_back(std::make_unique<Both>());
    show(passing.data());
}

} // namespace

const struct leak_case cpp_cases[] = {
    {"lost-object", lost_object},
    {"lost-array", lost_array},
    {"lost-string", lost_string},
    {"lost-vector", lost_vector},
    {"shared-ring", shared_ring},
    {"clean-by-empty-array", by_empty_array},
    {"clean-by-empty-wide-arrays", by_empty_wide_arrays},
    {"clean-by-base", by_base},
    {"clean-by-counted-array", by_counted_array},
    {"clean-by-containers", by_containers},
    {nullptr, nullptr},
};
