/// RFC 6587.
#include "fuzz/framing/framer_fuzzer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static constexpr std::string_view descriptions[] = {"octet-counting", "octet-counting,max:100"};
    return sluice::test::fuzz_framer(descriptions, data, size);
}
