/// A struct with one field of each kind, as configurations have them.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "sluice/core/describe.hpp"

namespace sluice::test {

enum class SampleFormat : std::uint8_t { text, hex, json };

inline std::span<const std::string_view> enumerators(TypeTag<SampleFormat>) {
    static constexpr std::array<std::string_view, 3> words{"text", "hex", "json"};
    return words;
}

struct SampleSubscription {
    std::string channel;
    std::uint32_t queue_depth = 64;
};

inline const StructDescription& describe(TypeTag<SampleSubscription>) {
    using Self = SampleSubscription;
    static const StructDescription description =
        Describer<Self>("SampleSubscription", "One channel that is listened to.")
            .field("channel", &Self::channel, "The channel's name.")
            .required()
            .field("queue_depth", &Self::queue_depth, "How many messages may wait.")
            .range(1, 1024)
            .unit("messages");
    return description;
}

/// May be written as a text.
struct SampleRatio {
    std::int32_t part = 1;
    std::int32_t whole = 2;

    static Result<SampleRatio> parse(std::string_view text) {
        if (text == "half") {
            return SampleRatio{1, 2};
        }
        return text == "third" ? Result<SampleRatio>(SampleRatio{1, 3})
                               : Error(Errc::invalid_argument,
                                       "\"" + std::string(text) + "\": allowed are half and third");
    }
    [[nodiscard]] std::string to_string() const { return whole == 2 ? "half" : "third"; }
};

inline const StructDescription& describe(TypeTag<SampleRatio>) {
    using Self = SampleRatio;
    static const StructDescription description =
        Describer<Self>("SampleRatio", "A part of a whole.")
            .field("part", &Self::part, "Above.")
            .field("whole", &Self::whole, "Below.")
            .range(1, 9)
            .short_text<&Self::parse, &Self::to_string>("half or third");
    return description;
}

struct SampleConfig {
    Address address;
    bool enable_nodelay = true;
    std::int32_t group_size = 1;
    std::uint64_t total_b = 0;
    double rate_hz = 1.5;
    float gain = 0;
    std::string text = "a|b";
    SampleFormat format = SampleFormat::hex;
    CpuSet processors;
    std::vector<std::int16_t> offsets;
    std::optional<std::uint8_t> priority;
    std::vector<SampleSubscription> subscribe;
    SampleSubscription main{"/main", 8};
    std::optional<SampleRatio> ratio;
};

inline void check_sample(const SampleConfig& config, std::vector<Complaint>& complaints) {
    using Severity = Complaint::Severity;
    if (config.group_size == 13) {
        complaints.push_back({Severity::warning, "group_size", "is 13, which brings bad luck"});
    }
    if (config.rate_hz > config.gain) {
        complaints.push_back({Severity::error, "", "rate_hz is above gain"});
    }
    if (config.text.empty()) {
        complaints.push_back({Severity::error, "text", "is empty"});
    }
}

inline const StructDescription& describe(TypeTag<SampleConfig>) {
    using Self = SampleConfig;
    static const StructDescription description =
        Describer<Self>("SampleConfig", "One of each kind.")
            .field("address", &Self::address, "The device's address.")
            .required()
            .field("enable_nodelay", &Self::enable_nodelay, "Whether to send at once.")
            .field("group_size", &Self::group_size, "Packets in a group.")
            .range(1, 65536)
            .unit("packets")
            .field("total_b", &Self::total_b, "A large number.")
            .unit("bytes")
            .field("rate_hz", &Self::rate_hz, "How often.")
            .range(0, 0.5e6)
            .field("gain", &Self::gain, "How much.")
            .field("text", &Self::text, "Any text,\nsuch as a|b.")
            .field("format", &Self::format, "How a message is shown.")
            .field("processors", &Self::processors, "Where to run.")
            .field("offsets", &Self::offsets, "Some numbers.")
            .range(-5, 5)
            .field("priority", &Self::priority, "If any.")
            .field("subscribe", &Self::subscribe, "Channels.")
            .field("main", &Self::main, "The main channel.")
            .field("ratio", &Self::ratio, "How much of it.")
            .check(&check_sample);
    return description;
}

}  // namespace sluice::test
