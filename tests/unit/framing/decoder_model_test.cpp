#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "support/decoder_driver.hpp"
#include "support/test_framers.hpp"

namespace sluice::test {

/// One step: bytes, and how they come; or something else that an owner does.
struct DecoderStep {
    enum Kind : unsigned { feed, end, begin, replace, starve, relieve };
    unsigned kind = feed;
    unsigned how = 0;
    std::string bytes;
};

std::ostream& operator<<(std::ostream& out, const DecoderStep& step) {
    return out << '{' << step.kind << ',' << step.how << ',' << step.bytes.size() << '}';
}

namespace {

struct Kind {
    std::shared_ptr<const Framer> framer;
    std::string (*frame)(const std::string& payload);
};

const std::vector<Kind>& kinds() {
    static const std::vector<Kind> all = {
        {std::make_shared<LengthFramer>(2, 300),
         [](const std::string& payload) { return length_frame(payload); }},
        {std::make_shared<LengthFramer>(8, 300),
         [](const std::string& payload) { return length_frame(payload, 8); }},
        {std::make_shared<LineFramer>(100),
         [](const std::string& payload) { return payload + '\n'; }},
        {std::make_shared<SyncFramer>(true),
         [](const std::string& payload) { return sync_frame(payload); }},
        {std::make_shared<SyncFramer>(false),
         [](const std::string& payload) { return sync_frame(payload, false); }},
        {std::make_shared<EscapeFramer>(150),
         [](const std::string& payload) { return escape_frame(payload); }},
    };
    return all;
}

rc::Gen<std::string> any_payload() {
    const auto letter = rc::gen::element('a', 'b', '|', '\\', 'e', '\n', '\xa5', '\x03', '\0');
    return rc::gen::withSize([letter](int size) {
        return rc::gen::resize(size, rc::gen::container<std::string>(letter));
    });
}

/// Frames with garbage between some of them, cut anywhere.
std::vector<DecoderStep> any_steps(const Kind& kind) {
    const auto parts = *rc::gen::container<std::vector<std::pair<unsigned, std::string>>>(
        rc::gen::pair(rc::gen::inRange(0U, 8U), any_payload()));
    std::string stream;
    for (const auto& [sort, payload] : parts) {
        stream += sort == 0 ? payload : kind.frame(payload);
        if (sort == 1 && !stream.empty()) {
            stream.back() = static_cast<char>(stream.back() ^ 1);
        }
    }
    std::vector<DecoderStep> steps;
    for (std::size_t begin = 0; begin < stream.size();) {
        DecoderStep step;
        step.kind = *rc::gen::weightedElement<unsigned>({{30, DecoderStep::feed},
                                                         {1, DecoderStep::end},
                                                         {1, DecoderStep::begin},
                                                         {3, DecoderStep::replace},
                                                         {2, DecoderStep::starve},
                                                         {2, DecoderStep::relieve}});
        step.how = *rc::gen::inRange(0U, 4U);
        if (step.kind == DecoderStep::feed) {
            step.bytes = stream.substr(begin, *rc::gen::inRange<std::size_t>(1, 60));
            begin += step.bytes.size();
        }
        steps.push_back(step);
    }
    return steps;
}

std::string run(DecoderDriver& driver, const DecoderStep& step) {
    switch (step.kind) {
        case DecoderStep::feed:
            return driver.feed(static_cast<Feed>(step.how), step.bytes);
        case DecoderStep::end:
            return driver.end();
        case DecoderStep::begin:
            driver.begin();
            return {};
        case DecoderStep::replace:
            return driver.replace_tail();
        default:
            return driver.starve(step.kind == DecoderStep::starve);
    }
}

RC_GTEST_PROP(DecoderModel, FindsWhatIsThereHoweverItComesAndCountsEveryByte, ()) {
    const Kind& kind = kinds()[*rc::gen::inRange<std::size_t>(0, kinds().size())];
    const auto on_bad_frame =
        *rc::gen::element(OnBadFrame::close, OnBadFrame::skip, OnBadFrame::resync);
    const auto on_oversize = *rc::gen::element(OnOversize::close, OnOversize::skip);
    const auto hunt_b_max = *rc::gen::element<std::uint64_t>(1, 5, 40, 65'536);
    DecoderDriver driver(kind.framer, on_bad_frame, on_oversize, hunt_b_max);
    for (const DecoderStep& step : any_steps(kind)) {
        RC_ASSERT(run(driver, step) == "");
    }
    RC_ASSERT(driver.end() == "");
}

}  // namespace
}  // namespace sluice::test
