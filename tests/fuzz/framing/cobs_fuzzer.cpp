/// Consistent overhead byte stuffing.
#include "fuzz/framing/framer_fuzzer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static constexpr std::string_view descriptions[] = {"cobs", "cobs,max:40"};
    return sluice::test::fuzz_framer(descriptions, data, size);
}
