/// Messages of several producers on one connection.
#pragma once

#include <array>
#include <string_view>

#include "rivals/exchange.hpp"

namespace sluice::compare {

constexpr std::size_t producers_max = 4;

/// How many producers a variant stands for.
inline unsigned producers_of(std::string_view variant) {
    return variant == "four" ? producers_max : 1;
}

/// Takes the messages of all producers: length of each, and the order of each producer's.
class ProducersCheck final {
  public:
    ProducersCheck(const Task& task, unsigned producers)
        : size_(task.size), count_(task.count), producers_(producers) {
        for (std::size_t producer = 0; producer < producers_max; ++producer) {
            next_[producer] = producer;
        }
    }

    [[nodiscard]] bool done() const { return received_ == count_; }

    void take(const void* data, std::size_t size) {
        std::uint64_t number = 0;
        require(size == size_, "a message of another length");
        std::memcpy(&number, data, number_bytes);
        std::uint64_t& next = next_[number % producers_];
        require(number == next, "a message out of its producer's order");
        next += producers_;
        if (received_ % 1024 == 0 || received_ + 1 == count_) {
            last_ns_ = monotonic_ns();
            first_ns_ = received_ == 0 ? last_ns_ : first_ns_;
        }
        ++received_;
    }

    /// As MessageCheck::report.
    void report() const {
        std::printf("%" PRId64 " %" PRId64 " %" PRId64 "\n", first_ns_, last_ns_, cpu_.used_ns());
    }

  private:
    const std::size_t size_;
    const std::uint64_t count_;
    const unsigned producers_;
    std::array<std::uint64_t, producers_max> next_{};
    std::uint64_t received_ = 0;
    std::int64_t first_ns_ = 0;
    std::int64_t last_ns_ = 0;
    const CpuMeter cpu_;
};

}  // namespace sluice::compare
