#include "sluice/pipeline/subscription.hpp"

#include <array>

namespace sluice {
namespace {

constexpr std::size_t queue_depth_max = 1'048'576;
constexpr std::size_t queue_size_max_b = std::size_t{1} << 40;

}  // namespace

std::span<const std::string_view> enumerators(TypeTag<SubscriptionPolicy>) noexcept {
    static constexpr std::array<std::string_view, 4> names{"drop_oldest", "drop_newest", "latest",
                                                           "lossless"};
    return names;
}

Result<void> validate(const SubscriptionOptions& options) {
    if (options.queue_depth < 1 || options.queue_depth > queue_depth_max) {
        return Error(Errc::invalid_argument, "queue_depth is " +
                                                 std::to_string(options.queue_depth) +
                                                 "; allowed are 1 to 1048576 messages");
    }
    if (options.queue_size_b < 1 || options.queue_size_b > queue_size_max_b) {
        return Error(Errc::invalid_argument, "queue_size_b is " +
                                                 std::to_string(options.queue_size_b) +
                                                 "; allowed are 1 byte to 1 TiB");
    }
    return {};
}

}  // namespace sluice
