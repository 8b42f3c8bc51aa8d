/// Frames of one length.
#include "fuzz/framing/framer_fuzzer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static constexpr std::string_view descriptions[] = {"fixed:1", "fixed:7"};
    return sluice::test::fuzz_framer(descriptions, data, size);
}
