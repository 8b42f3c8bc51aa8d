#include "app/figures.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace sluice::app {

std::string grouped_digits(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t left = text.size(); left > 3;) {
        left -= 3;
        text.insert(left, 1, ',');
    }
    return text;
}

std::string traffic_bytes(double bytes) {
    constexpr std::array<const char*, 7> units{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    std::size_t unit = 0;
    while (bytes >= 999.5 && unit + 1 < units.size()) {
        bytes /= 1000;
        ++unit;
    }
    std::array<char, 32> text{};
    const bool has_fraction = unit > 0 && bytes < 99.95;
    std::snprintf(text.data(), text.size(), has_fraction ? "%.1f %s" : "%.0f %s", bytes,
                  units[unit]);
    return text.data();
}

std::string clock_time(SystemTime time) {
    const std::time_t seconds =
        std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
    std::tm local{};
    ::localtime_r(&seconds, &local);
    std::array<char, 16> text{};
    std::strftime(text.data(), text.size(), "%H:%M:%S", &local);
    return text.data();
}

std::string counts_text(const StructDescription& description, const void* counts) {
    std::string text;
    for (const Field& field : description.fields()) {
        const auto* const type = std::get_if<IntegerType>(&field.type->kind);
        const std::int64_t count = type == nullptr ? 0 : type->load(field.in(counts));
        if (count != 0) {
            text += (text.empty() ? "" : ", ") + std::string(field.key) + " " +
                    grouped_digits(static_cast<std::uint64_t>(count));
        }
    }
    return text.empty() ? "none" : text;
}

}  // namespace sluice::app
