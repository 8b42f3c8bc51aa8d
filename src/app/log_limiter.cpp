#include "app/log_limiter.hpp"

namespace sluice::app {

bool LogLimiter::admit(std::string_view event) {
    auto found = counts_.find(event);
    if (found == counts_.end()) {
        const std::string_view key = counts_.size() < events_max ? event : "other_events";
        found = counts_.try_emplace(std::string(key), 0).first;
    }
    return ++found->second <= admitted_max_;
}

std::vector<std::pair<std::string, std::uint64_t>> LogLimiter::tick() {
    std::vector<std::pair<std::string, std::uint64_t>> left_out;
    for (const auto& [event, count] : counts_) {
        if (count > admitted_max_) {
            left_out.emplace_back(event, count - admitted_max_);
        }
    }
    counts_.clear();
    return left_out;
}

}  // namespace sluice::app
