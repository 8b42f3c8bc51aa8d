/// Whatever bytes come, and however they come, the decoder finds what a slow reading of the whole
/// stream finds, and its ledger is exact at every step.
///
/// The input's first three bytes choose the framing, policies and limits; then come commands of one
/// byte: its low four bits say what is done, its high four how many bytes of the input are fed.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/core/check.hpp"
#include "support/decoder_driver.hpp"
#include "support/test_framers.hpp"

namespace sluice::test {
namespace {

std::shared_ptr<const Framer> make_framer(unsigned kind) {
    switch (kind % 6) {
        case 0:
            return std::make_shared<LengthFramer>(2, 300);
        case 1:
            return std::make_shared<LengthFramer>(8, 300);
        case 2:
            return std::make_shared<LineFramer>(40);
        case 3:
            return std::make_shared<SyncFramer>(true, 60);
        case 4:
            return std::make_shared<SyncFramer>(false, 60);
        default:
            return std::make_shared<EscapeFramer>(40);
    }
}

std::string run(DecoderDriver& driver, unsigned command, std::string_view& rest) {
    const unsigned what = command & 15U;
    switch (what) {
        case 0:
            return driver.end();
        case 1:
            driver.begin();
            return {};
        case 2:
            return driver.replace_tail();
        case 3:
        case 4:
            return driver.starve(what == 3);
        default:
            break;
    }
    const std::string_view bytes = rest.substr(0, 1 + (command >> 4U) * 3);
    rest.remove_prefix(bytes.size());
    return driver.feed(static_cast<Feed>(what % 4), bytes);
}

}  // namespace
}  // namespace sluice::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using sluice::OnBadFrame;
    using sluice::OnOversize;
    if (size < 3 || size > 4096) {
        return 0;
    }
    constexpr std::array policies = {OnBadFrame::close, OnBadFrame::skip, OnBadFrame::resync};
    sluice::test::DecoderDriver driver(sluice::test::make_framer(data[0]),
                                       policies.at(data[1] % policies.size()),
                                       data[2] % 2 == 0 ? OnOversize::close : OnOversize::skip,
                                       data[2] < 128 ? 65'536U : data[2] - 127U);
    std::string_view rest(reinterpret_cast<const char*>(data) + 3, size - 3);
    while (!rest.empty()) {
        const auto command = static_cast<unsigned char>(rest.front());
        rest.remove_prefix(1);
        const std::string problem = sluice::test::run(driver, command, rest);
        SLUICE_CHECK(problem.empty(), "the decoder finds what is there and counts every byte");
    }
    SLUICE_CHECK(driver.end().empty(), "the decoder finds what is there and counts every byte");
    return 0;
}
