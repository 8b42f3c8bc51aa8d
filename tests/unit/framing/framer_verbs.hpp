/// The verbs in which the tests of the single framers are written.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "sluice/framing/framing.hpp"
#include "support/reference_framing.hpp"

namespace sluice::test {

inline std::shared_ptr<const Framer> framer(std::string_view text) {
    const Result<Framing> framing = Framing::parse(text);
    EXPECT_TRUE(framing) << framing.error().detail();
    return make_framer(framing.value_or(Framing()));
}

/// What the framing of this text finds in a stream, see `reference`.
inline std::string found(std::string_view text, std::span<const std::byte> stream) {
    return drive(*framer(text), stream);
}
inline std::string found_hex(std::string_view text, std::string_view stream) {
    return found(text, from_hex(stream));
}

/// The answer about the front of a stream.
inline Scan scan(std::string_view text, std::span<const std::byte> stream,
                 const ScanState& state = {}) {
    return framer(text)->scan(stream, state);
}

/// The same is found by all cuts into up to four pieces, by each byte alone, and in a run; and of a
/// stream that ends at any byte, what the slow decoder finds.
inline void expect_everywhere(std::string_view text, std::span<const std::byte> stream,
                              const std::string& expected) {
    const Framing framing = *Framing::parse(text);
    const auto tested = make_framer(framing);
    EXPECT_EQ(reference(framing, stream), expected) << "the slow decoder";
    for (std::size_t a = 0; a <= stream.size(); ++a) {
        for (std::size_t b = a; b <= stream.size(); ++b) {
            for (std::size_t c = b; c <= stream.size(); ++c) {
                ASSERT_EQ(drive(*tested, stream, {.cuts = {a, b, c}}), expected)
                    << a << " " << b << " " << c;
            }
        }
    }
    std::vector<std::size_t> everywhere;
    for (std::size_t end = 0; end <= stream.size(); ++end) {
        everywhere.push_back(end);
        const auto part = stream.first(end);
        EXPECT_EQ(drive(*tested, part), reference(framing, part)) << end;
        EXPECT_EQ(drive(*tested, part, {.cuts = everywhere}), reference(framing, part)) << end;
    }
    EXPECT_TRUE(expected.starts_with(drive_run(*tested, stream)));
}

/// A body, or the code of the refusal.
inline std::string encoded(std::string_view text, std::string_view body,
                           std::string_view head = "") {
    const Result<Bytes> frame = encode(*framer(text), bytes_of(head), bytes_of(body));
    return frame ? to_hex(*frame) : std::string(name(frame.error().code()));
}

}  // namespace sluice::test
