/// Lengths as LEB128.
#include "fuzz/framing/framer_fuzzer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static constexpr std::string_view descriptions[] = {"varint,strip:1",
                                                        "varint@1,strip:2,max:150"};
    return sluice::test::fuzz_framer(descriptions, data, size);
}
