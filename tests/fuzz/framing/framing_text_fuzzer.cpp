/// What a framing prints parses to the same framing; refusals are printable on one line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/core/check.hpp"
#include "sluice/framing/framing.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using sluice::Framing;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const sluice::Result<Framing> first = Framing::parse(text);
    if (!first) {
        const std::string message = first.error().message();
        SLUICE_CHECK(std::all_of(message.begin(), message.end(),
                                 [](char c) { return c >= 0x20 && c < 0x7f; }),
                     "a refusal is printable ASCII");
        return 0;
    }
    SLUICE_CHECK(validate(*first), "what parses is valid");
    const std::string printed = first->to_string();
    const sluice::Result<Framing> second = Framing::parse(printed);
    SLUICE_CHECK(second && *second == *first, "what was printed parses to the same");
    SLUICE_CHECK(second->to_string() == printed, "and prints the same again");
    SLUICE_CHECK(make_framer(*first)->frame_b_max() <= first->max_frame_length, "and has a framer");
    return 0;
}
