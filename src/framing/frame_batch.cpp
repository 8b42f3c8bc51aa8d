#include "sluice/framing/frame_batch.hpp"

#include <algorithm>

#include "framing/frame_record.hpp"
#include "sluice/core/check.hpp"

namespace sluice {

FrameReader::FrameReader(const FrameBatch& batch) noexcept : batch_(&batch), left_(batch.frames_) {}

const Frame* FrameReader::find_next() {
    if (left_ == 0) {
        return nullptr;
    }
    if (batch_->has_records_) {
        --left_;
        read_record();
        return &frame_;
    }
    if (extent_ == extents_) {
        if (extents_ > 0 && find_alike()) {
            return next();
        }
        find_more();
    }
    --left_;
    const FrameExtent& extent = found_[extent_++];
    const std::byte* const run = batch_->bytes_.data() + run_begin_;
    frame_ = {.payload = {run + extent.payload_begin, extent.payload_b},
              .stream_offset = batch_->stream_offset_ + run_begin_ + frame_begin_,
              .wire_b = extent.end - frame_begin_};
    frame_begin_ = extent.end;
    return &frame_;
}

/// The frames that follow the last one and are laid out as it is: of these only that much is kept.
bool FrameReader::find_alike() {
    const auto frame_b = static_cast<std::size_t>(frame_.wire_b);
    const std::size_t end = run_begin_ + frame_begin_;
    const std::size_t frames =
        batch_->framer_->count_alike(batch_->bytes_.bytes().subspan(end), frame_b, left_);
    SLUICE_CHECK(frames <= left_ && frames * frame_b <= batch_->bytes_.size() - end,
                 "a framer that counts more frames than there are");
    alike_ = static_cast<std::uint32_t>(frames);
    left_ -= alike_;
    frame_begin_ += static_cast<std::uint32_t>(frames * frame_b);
    return frames > 0;
}

/// The decoder found the same frames: with what follows them in sight, where the framing looks at
/// that. Here nothing follows, and each is known to begin where the one before ends.
void FrameReader::find_more() {
    run_begin_ += frame_begin_;
    frame_begin_ = 0;
    const std::size_t wanted = std::min<std::size_t>(left_, extents_max);
    const FrameRun run = batch_->framer_->scan_run(batch_->bytes_.bytes().subspan(run_begin_),
                                                   {.is_synced = true, .is_end = true},
                                                   std::span(found_).first(wanted));
    SLUICE_CHECK(run.frames > 0 && run.frames <= wanted,
                 "a framer that does not find a frame again");
    extents_ = static_cast<std::uint32_t>(run.frames);
    extent_ = 0;
}

void FrameReader::read_record() {
    const std::span<const std::byte> rest = batch_->bytes_.bytes().subspan(run_begin_);
    const detail::FrameRecord record = detail::load_record(rest);
    frame_ = {.payload = rest.subspan(detail::FrameRecord::header_b, record.payload_b),
              .stream_offset = record.stream_offset,
              .wire_b = record.wire_b};
    run_begin_ += detail::FrameRecord::header_b + record.payload_b;
}

}  // namespace sluice
