#include "sluice/core/cpu_set.hpp"

#include <charconv>

namespace sluice {
namespace {

Error bad_set(std::string_view text) {
    return Error(Errc::invalid_argument,
                 "processors \"" + std::string(text) +
                     "\"; allowed are numbers from 0 to 1023 and ascending ranges, such as 0,2-3");
}

/// Takes a decimal number off the front of `text`; -1 if there is none or it is above 1023.
int take_cpu(std::string_view& text) {
    int cpu = -1;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), cpu);
    if (failure != std::errc{} || cpu < 0 || cpu >= CpuSet::capacity) {
        return -1;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return cpu;
}

}  // namespace

Result<CpuSet> CpuSet::parse(std::string_view text) {
    CpuSet set;
    std::string_view rest = text;
    while (true) {
        const int first = take_cpu(rest);
        int last = first;
        if (rest.starts_with('-')) {
            rest.remove_prefix(1);
            last = take_cpu(rest);
        }
        if (first < 0 || last < first) {
            return bad_set(text);
        }
        for (int cpu = first; cpu <= last; ++cpu) {
            set.add(cpu);
        }
        if (rest.empty()) {
            return set;
        }
        if (!rest.starts_with(',')) {
            return bad_set(text);
        }
        rest.remove_prefix(1);
    }
}

std::string CpuSet::to_string() const {
    std::string text;
    for (int first = 0; first < capacity; ++first) {
        if (!contains(first)) {
            continue;
        }
        int last = first;
        while (contains(last + 1)) {
            ++last;
        }
        text += (text.empty() ? "" : ",") + std::to_string(first);
        if (last > first) {
            text += "-" + std::to_string(last);
        }
        first = last;
    }
    return text;
}

}  // namespace sluice
