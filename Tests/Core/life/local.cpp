// C++ thread_local destructors that allocate and free, also across threads.
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "../support/live.h"

static std::atomic<int> destroyed{0};

struct Local {
    std::vector<std::string> words;
    std::unique_ptr<char[]> bytes{new char[100]};
    Local() { words.resize(10, std::string(60, 'l')); }
    ~Local() {
        std::vector<std::string> more = words;
        more.push_back(std::string(500, 'm'));
        destroyed++;
    }
};

static thread_local Local local;
static thread_local std::shared_ptr<std::string> shared;

int main() {
    test("thread_local objects of 3,000 threads leave no block");
    auto common = std::make_shared<std::string>(1000, 's');
    uint64_t base = 0;
    for (int round = 0; round < 750; round++) {
        if (round == 20) {
            struct mscope_counts now = live_totals();
            base = now.allocations - now.frees;
        }
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; i++) {
            threads.emplace_back([&common] {
                shared = common;
                local.words.emplace_back(100, 'x');
            });
        }
        for (auto &thread : threads) thread.join();
    }
    struct mscope_counts now = live_totals();
    int64_t grown = (int64_t)(now.allocations - now.frees) - (int64_t)base;
    expect(grown <= 4 && grown >= -16, "%lld blocks stay", (long long)grown);
    expect_equal(destroyed.load(), 3000, "destroyed objects");
    expect_consistent();
    end();
    return check_result();
}
