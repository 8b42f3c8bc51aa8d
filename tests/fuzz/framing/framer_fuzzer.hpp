/// What the fuzzers of all framers do. Their input: which of the descriptions, the lengths of three
/// pieces in turn, and a stream.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "sluice/core/check.hpp"
#include "sluice/framing/framing.hpp"
#include "support/reference_framing.hpp"

namespace sluice::test {

struct FuzzInput {
    std::size_t choice = 0;
    std::vector<std::size_t> cuts;
    Bytes stream;
};

inline FuzzInput fuzz_input(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t front_b = 4;
    constexpr std::size_t stream_b_max = 600;  // cut into single bytes it is looked at often
    FuzzInput input;
    if (size < front_b) {
        return input;
    }
    input.choice = data[0];
    const auto bytes = std::as_bytes(std::span(data, size)).subspan(front_b);
    const auto used = bytes.first(std::min(bytes.size(), stream_b_max));
    input.stream.assign(used.begin(), used.end());
    std::size_t cut = 0;
    for (std::size_t i = 0; cut < used.size(); ++i) {
        cut += 1 + std::size_t{data[1 + i % 3]} % 64;
        input.cuts.push_back(cut);
    }
    return input;
}

/// Any cut of the stream finds the same as the whole, and that is what the slow decoder finds; and
/// a body is found again as it was. REQUIRES: of each description, that it hands on bodies.
inline int fuzz_framer(std::span<const std::string_view> descriptions, const std::uint8_t* data,
                       std::size_t size) {
    const FuzzInput input = fuzz_input(data, size);
    const Framing framing = *Framing::parse(descriptions[input.choice % descriptions.size()]);
    const auto framer = make_framer(framing);
    const std::string expected = reference(framing, input.stream);
    SLUICE_CHECK(drive(*framer, input.stream) == expected, "the whole is as the slow decoder says");
    SLUICE_CHECK(drive(*framer, input.stream, {.cuts = input.cuts}) == expected, "and in pieces");
    SLUICE_CHECK(expected.starts_with(drive_run(*framer, input.stream)), "and in a run");
    for (const bool is_synced : {false, true}) {
        const Drive whole{.cuts = {}, .is_synced = is_synced, .goes_on = true};
        const Drive cut{.cuts = input.cuts, .is_synced = is_synced, .goes_on = true};
        SLUICE_CHECK(drive(*framer, input.stream, whole) == drive(*framer, input.stream, cut),
                     "and what follows bad frames");
    }
    const Bytes head(head_b(framing), std::byte{0x5a});
    if (const Result<Bytes> frame = encode(*framer, head, input.stream)) {
        SLUICE_CHECK(drive(*framer, *frame) ==
                         std::to_string(frame->size()) + ":" + to_hex(input.stream) + " ",
                     "decoding undoes encoding");
    }
    return 0;
}

}  // namespace sluice::test
