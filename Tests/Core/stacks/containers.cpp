// libstdc++ containers and algorithms, and allocations while an exception unwinds.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

struct Allocating {
    ~Allocating() { free(malloc(321)); }
};

__attribute__((noinline)) static int thrower(int depth) {
    Allocating guard;
    if (depth == 0) throw std::runtime_error(std::string(100, 'e'));
    return thrower(depth - 1) + 1;
}

static void exceptions() {
    for (int i = 0; i < 30; i++) {
        try {
            thrower(i);
        } catch (const std::exception &error) {
            free(malloc(17));
        }
    }
}

static void containers() {
    std::map<std::string, std::vector<int>> ordered;
    std::unordered_map<int, std::string> hashed;
    for (int i = 0; i < 300; i++) {
        ordered["a key long enough for the heap " + std::to_string(i * 7919 % 1009)].push_back(i);
        hashed[i] = std::string((size_t)(i % 90), 'h');
    }
    std::vector<std::string> words;
    for (auto &entry : ordered) words.push_back(entry.first);
    std::sort(words.begin(), words.end(), [](const std::string &a, const std::string &b) {
        free(malloc(a.size()));
        return b < a;
    });
    std::stable_sort(words.begin(), words.end(), [](std::string a, std::string b) { return a < b; });
    std::function<int(int)> closure = [words](int i) { return (int)words[(size_t)i].size() + 1; };
    std::function<int(int)> copy = closure;
    std::printf("%d\n", copy(3));
}

static void text() {
    std::regex pattern("([a-z]+)-(\\d+)|x{2,5}");
    std::smatch match;
    std::string subject = "alpha-42 xxxx beta-7";
    while (std::regex_search(subject, match, pattern)) subject = match.suffix();
    std::ostringstream stream;
    for (int i = 0; i < 200; i++) stream << i << ' ' << 1.5 * i << '\n';
    auto shared = std::make_shared<std::string>(stream.str());
    std::printf("%zu\n", shared->size());
}

static std::string before_main(200, 'b');

int main() {
    for (int i = 0; i < 3; i++) {
        containers();
        text();
    }
    exceptions();
    return before_main.size() == 200 ? 0 : 1;
}
