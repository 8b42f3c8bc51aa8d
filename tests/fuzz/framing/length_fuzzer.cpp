/// Length fields.
#include "fuzz/framing/framer_fuzzer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static constexpr std::string_view descriptions[] = {
        "length:u8,strip:1", "length:u16be,strip:2,max:200", "length:u32le@2,adjust:-4,strip:6",
        "length:u64be,includes_header,strip:8"};
    return sluice::test::fuzz_framer(descriptions, data, size);
}
