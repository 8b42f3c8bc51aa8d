// What a FrameDecoder does with bytes that are no frame.
#include <algorithm>

#include "sluice/framing/frame_decoder.hpp"

namespace sluice {

/// What is left at the end of the stream belongs to no frame.
void FrameDecoder::truncate() {
    if (!unparsed_.empty()) {
        if (!is_incident_) {
            report(FrameFault::truncated, is_length_known() ? need_b_ : 0);
        }
        skip_everything();
    }
}

void FrameDecoder::fail(FrameFault fault) {
    if (!is_closed_) {
        close(fault, is_length_known() ? need_b_ : 0);
    }
}

/// Skips what is there of what is to be skipped.
void FrameDecoder::skip() {
    while (to_skip_b_ > 0 && !unparsed_.empty()) {
        const auto now_b =
            static_cast<std::size_t>(std::min<std::uint64_t>(to_skip_b_, unparsed_.size()));
        to_skip_b_ -= now_b;
        ledger_.skipped_b += now_b;
        consume(now_b);
    }
    if (unparsed_.empty() && need_b_ == 0) {
        ask();
    }
}

void FrameDecoder::skip_everything() {
    ledger_.skipped_b += ledger_.buffered_b;
    tail_offset_ += ledger_.buffered_b;
    ledger_.buffered_b = 0;
    unparsed_.reset();
    appended_.reset();
    pulled_b_ = 0;
    to_skip_b_ = 0;
    seen_b_ = 0;
    need_b_ = 1;
}

void FrameDecoder::take_bad(const Scan& bad) {
    const bool is_oversize = bad.fault == FrameFault::oversize;
    const bool skips_oversize = is_oversize && options_.on_oversize == OnOversize::skip;
    const bool goes_on = skips_oversize || options_.on_bad_frame == OnBadFrame::resync ||
                         (!is_oversize && options_.on_bad_frame == OnBadFrame::skip);
    if (bad.bytes == 0 || !goes_on) {
        close(bad.fault, bad.claimed_b);
        return;
    }
    if (!is_incident_) {
        report(bad.fault, bad.claimed_b);
    }
    const bool believes_length =
        is_synced_ && (is_oversize ? skips_oversize : options_.on_bad_frame == OnBadFrame::skip);
    if (believes_length && bad.claimed_b > bad.bytes) {
        to_skip_b_ = bad.claimed_b;
        is_synced_ = true;
    } else if (hunt(bad)) {
        is_synced_ = bad.is_synced;
    } else {
        close(FrameFault::lost_sync, 0);
    }
}

void FrameDecoder::begin_hunt() {
    hunt_left_b_ = options_.hunt_b_max;
    check_left_b_ = options_.hunt_b_max * checked_per_hunted;
}

/// Looks for the next frame behind bytes that belong to none. False: that is too far, and what was
/// left of the way is gone.
bool FrameDecoder::hunt(const Scan& bad) {
    if (!framer_->hunts()) {
        to_skip_b_ = bad.bytes;
        return true;
    }
    if (bad.fault == FrameFault::bad_checksum) {
        std::uint64_t& left_b = is_synced_ ? hunt_left_b_ : check_left_b_;
        left_b = is_synced_ ? left_b + bad.claimed_b : left_b - std::min(left_b, bad.claimed_b);
    }
    const std::uint64_t left_b = check_left_b_ > 0 ? hunt_left_b_ : 0;
    to_skip_b_ = std::min(bad.bytes, left_b);
    hunt_left_b_ -= to_skip_b_;
    if (bad.bytes > left_b) {
        skip();
        return false;
    }
    return true;
}

void FrameDecoder::report(FrameFault fault, std::uint64_t claimed_b) {
    is_incident_ = true;
    ++ledger_.incidents[static_cast<std::size_t>(fault)];
    if (!options_.on_incident) {
        return;
    }
    FramingIncident incident{
        .fault = fault,
        .stream_offset = tail_offset_,
        .claimed_b = claimed_b,
        .limit_b = fault == FrameFault::lost_sync ? options_.hunt_b_max : framer_->frame_b_max(),
        .front_b = std::min(unparsed_.size(), FramingIncident::front_b_max)};
    std::ranges::copy(unparsed_.bytes().first(incident.front_b), incident.front.begin());
    options_.on_incident(incident);
}

void FrameDecoder::close(FrameFault fault, std::uint64_t claimed_b) {
    report(fault, claimed_b);
    skip_everything();
    is_closed_ = true;
}

}  // namespace sluice
