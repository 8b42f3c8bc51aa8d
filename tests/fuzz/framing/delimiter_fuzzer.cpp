/// Delimiters and lines.
#include "fuzz/framing/framer_fuzzer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static constexpr std::string_view descriptions[] = {"lines", "delimiter:0d0a,max:40",
                                                        "delimiter:616162"};
    return sluice::test::fuzz_framer(descriptions, data, size);
}
