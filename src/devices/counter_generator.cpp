#include "sluice/devices/counter_generator.hpp"

#include <algorithm>

#include "sluice/messages/counter_record.hpp"

namespace sluice::devices {

using messages::counter_record_bytes;

std::size_t CounterGenerator::message_bytes_max() const noexcept {
    return counter_record_bytes;
}

Generator::Written CounterGenerator::write(std::uint64_t number, std::uint64_t messages_max,
                                           std::span<std::byte> target) const {
    const std::uint64_t messages =
        std::min<std::uint64_t>(messages_max, target.size() / counter_record_bytes);
    const auto bytes = static_cast<std::size_t>(messages) * counter_record_bytes;
    messages::fill_counter_records(number, target.first(bytes));
    return {messages, bytes};
}

}  // namespace sluice::devices
