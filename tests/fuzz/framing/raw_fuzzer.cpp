/// Receives as messages: however they are cut, the bytes are those of the stream.
#include "fuzz/framing/framer_fuzzer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace test = sluice::test;
    const test::FuzzInput input = test::fuzz_input(data, size);
    const auto framer =
        make_framer(*sluice::Framing::parse(input.choice % 2 == 0 ? "raw" : "raw,max:7"));
    std::string bytes;
    const std::string all = test::drive(*framer, input.stream, {.cuts = input.cuts});
    for (std::string_view found = all; !found.empty(); found.remove_prefix(found.find(' ') + 1)) {
        bytes += found.substr(found.find(':') + 1, found.find(' ') - found.find(':') - 1);
    }
    SLUICE_CHECK(bytes == test::to_hex(input.stream), "every byte once, in order");
    return 0;
}
