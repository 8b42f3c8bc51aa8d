/// Sync bytes, with and without checksums.
#include "fuzz/framing/framer_fuzzer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static constexpr std::string_view descriptions[] = {
        "sync:b562,length:u16le@4,adjust:2,checksum:fletcher8@2,strip:6,strip_checksum",
        "sync:d3,length:u16be@1,adjust:3,checksum:crc24q,strip:3,strip_checksum",
        "sync:55aa,length:u8@2,strip:3", "sync:5555,length:u32be@2,strip:6,max:100",
        "sync:aa,length:u8@1,includes_header,checksum:xor8,strip:2,strip_checksum"};
    return sluice::test::fuzz_framer(descriptions, data, size);
}
