/// What Address prints parses to the same Address; refusals are printable on one line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/core/address.hpp"
#include "sluice/core/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using sluice::Address;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const sluice::Result<Address> first = Address::parse(text);
    if (!first) {
        const std::string message = first.error().message();
        SLUICE_CHECK(std::all_of(message.begin(), message.end(),
                                 [](char c) { return c >= 0x20 && c < 0x7f; }),
                     "a refusal is printable ASCII");
        return 0;
    }
    const sluice::Result<Address> second = Address::parse(first->to_string());
    SLUICE_CHECK(second, "what was printed parses");
    SLUICE_CHECK(*second == *first, "to an equal address");
    SLUICE_CHECK(second->to_string() == first->to_string(), "and prints the same again");
    if (first->kind() != Address::Kind::name) {
        static_cast<void>(first->numeric(1).to_string());
    }
    return 0;
}
