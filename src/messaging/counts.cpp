#include "messaging/counts.hpp"

#include <numeric>

namespace sluice::messaging {

MessageCounts counts_of(const FramingLedger& ledger, std::uint64_t moved_b) {
    return {.messages = ledger.frames,
            .payload_b = ledger.payload_b,
            .received_b = ledger.received_b,
            .overhead_b = ledger.overhead_b,
            .skipped_b = ledger.skipped_b,
            .buffered_b = ledger.buffered_b,
            .copied_b = ledger.copied_b + moved_b,
            .bad_frames = std::accumulate(ledger.incidents.begin(), ledger.incidents.end(),
                                          std::uint64_t{0})};
}

void add(MessageCounts& sum, const MessageCounts& part) {
    sum.messages += part.messages;
    sum.payload_b += part.payload_b;
    sum.received_b += part.received_b;
    sum.overhead_b += part.overhead_b;
    sum.skipped_b += part.skipped_b;
    sum.buffered_b += part.buffered_b;
    sum.copied_b += part.copied_b;
    sum.bad_frames += part.bad_frames;
}

}  // namespace sluice::messaging
