#include "sluice/framing/frame_decoder.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "framing/frame_record.hpp"
#include "sluice/core/check.hpp"

namespace sluice {
namespace {

using detail::FrameRecord;

constexpr std::size_t push_b_max = std::numeric_limits<std::uint32_t>::max();
/// What is copied at least when nobody knows how long a frame is.
constexpr std::size_t pull_b_min = 64;

}  // namespace

/// Frames on their way into a batch.
struct FrameDecoder::Taken {
    std::size_t frames = 0;
    std::size_t wire_b = 0;
    std::size_t payload_b = 0;
    std::size_t run_begin = 0;  // of the last run of them
};

/// Writes frames as records into a block, one behind the other.
class FrameDecoder::RecordWriter {
  public:
    RecordWriter(const Framer& framer, Buffer& block)
        : framer_(framer), target_(block.writable()), block_b_(block.size()) {}

    [[nodiscard]] bool has_room(std::size_t payload_b) const noexcept {
        return target_.size() >= FrameRecord::header_b &&
               target_.size() - FrameRecord::header_b >= payload_b;
    }
    [[nodiscard]] std::size_t written_b() const noexcept { return block_b_ - target_.size(); }

    /// Returns how many bytes the payload has without its escapes. REQUIRES: there is room.
    std::size_t write(std::uint64_t stream_offset, std::size_t wire_b,
                      std::span<const std::byte> payload) {
        const std::size_t payload_b =
            framer_.unescape(payload, target_.subspan(FrameRecord::header_b));
        SLUICE_CHECK(payload_b <= payload.size(), "a payload that grows without its escapes");
        detail::store({.stream_offset = stream_offset,
                       .wire_b = static_cast<std::uint32_t>(wire_b),
                       .payload_b = static_cast<std::uint32_t>(payload_b)},
                      target_);
        target_ = target_.subspan(FrameRecord::header_b + payload_b);
        return payload_b;
    }

  private:
    const Framer& framer_;
    std::span<std::byte> target_;  // the rest of it
    const std::size_t block_b_;
};

FrameDecoder::FrameDecoder(std::shared_ptr<const Framer> framer, FrameDecoderOptions options,
                           BufferPool& pool)
    : framer_(std::move(framer)), options_(std::move(options)), pool_(pool) {
    SLUICE_CHECK(framer_ != nullptr, "a FrameDecoder without a framer");
    SLUICE_CHECK(framer_->frame_b_max() > 0 && framer_->frame_b_max() < push_b_max,
                 "a framer for frames that are empty, or of 4 GiB");
    SLUICE_CHECK(options_.on_bad_frame != OnBadFrame::automatic,
                 "a FrameDecoder whose policy is not decided");
    begin_stream();
}

void FrameDecoder::begin_stream() {
    skip_everything();
    tail_offset_ = 0;
    is_synced_ = !framer_->hunts();
    is_incident_ = false;
    begin_hunt();
    is_end_ = false;
    is_closed_ = false;
    ask();
}

void FrameDecoder::push(Buffer bytes, std::size_t carried_b) {
    SLUICE_CHECK(carried_b == unparsed_.size() && carried_b <= bytes.size(),
                 "push() that does not begin with the tail");
    SLUICE_CHECK(!has_appended(), "push() before next() said that there is no frame");
    SLUICE_CHECK(bytes.size() < push_b_max, "push() of 4 GiB");
    const std::size_t new_b = bytes.size() - carried_b;
    unparsed_ = std::move(bytes);
    if (unparsed_.empty()) {
        unparsed_.reset();
    }
    receive(new_b);
}

Result<void> FrameDecoder::append(const Buffer& bytes) {
    SLUICE_CHECK(!has_appended(), "append() before next() said that there is no frame");
    SLUICE_CHECK(bytes.size() < push_b_max - unparsed_.size(), "append() of 4 GiB");
    if (bytes.empty()) {
        return {};
    }
    Buffer next = bytes.share();
    if (unparsed_.empty()) {
        unparsed_ = std::move(next);
    } else if (!unparsed_.join(next)) {
        if (const Result<void> reserved = reserve(target_b()); !reserved) {
            return reserved.error();
        }
        appended_ = std::move(next);
    }
    receive(bytes.size());
    return {};
}

/// Counts bytes that stand behind the tail now.
void FrameDecoder::receive(std::size_t bytes) {
    SLUICE_CHECK(!is_end_, "bytes after the end of the stream");
    ledger_.received_b += bytes;
    ledger_.buffered_b += bytes;
    if (is_closed_) {
        skip_everything();
    }
}

Result<bool> FrameDecoder::next(FrameBatch& batch) {
    batch = FrameBatch();
    for (;;) {
        if (is_closed_) {
            return Error(Errc::bad_frame);
        }
        skip();
        if (need_b_ > unparsed_.size()) {
            if (has_appended()) {
                if (const Result<void> pulled = pull(); !pulled) {
                    return pulled.error();
                }
                continue;
            }
            if (!is_end_) {
                return false;
            }
        }
        const Result<Scan> stop =
            framer_->is_escaped() ? take_records(batch) : Result<Scan>(take_frames(batch));
        if (!stop) {
            return stop.error();
        }
        if (!batch.empty()) {
            return true;
        }
        if (stop->kind == Scan::Kind::bad) {
            take_bad(*stop);
        } else if (is_end_ && !has_appended()) {
            truncate();
            return false;
        }
    }
}

void FrameDecoder::end_stream() {
    is_end_ = true;
}

bool FrameDecoder::is_length_known() const noexcept {
    const std::size_t header_b = framer_->header_b();
    return is_synced_ && header_b > 0 && unparsed_.size() >= header_b && need_b_ > unparsed_.size();
}

/// Moves on over bytes at the front that are counted elsewhere. What was copied of appended_ and
/// proves to stand behind the frame is read at its own place again.
void FrameDecoder::consume(std::size_t bytes) {
    unparsed_.drop_front(bytes);
    ledger_.buffered_b -= bytes;
    tail_offset_ += bytes;
    seen_b_ = 0;
    need_b_ = 0;
    if (has_appended() && unparsed_.size() <= pulled_b_) {
        appended_.drop_front(pulled_b_ - unparsed_.size());
        unparsed_ = std::exchange(appended_, Buffer());
        pulled_b_ = 0;
    }
    if (unparsed_.empty()) {
        unparsed_.reset();
    }
}

/// Asks the framer what it needs to begin with.
void FrameDecoder::ask() {
    remember(framer_->scan({}, {.is_synced = is_synced_, .is_end = is_end_}));
}

/// Keeps the answer about unparsed_.
void FrameDecoder::remember(const Scan& stop) {
    if (stop.kind == Scan::Kind::need) {
        SLUICE_CHECK(stop.bytes > unparsed_.size(),
                     "a framer that needs no more bytes than there are");
        need_b_ = static_cast<std::size_t>(stop.bytes);
        seen_b_ = unparsed_.size();
    }
}

/// The frames from `begin` on in unparsed_, each checked.
FrameRun FrameDecoder::scan_run(std::size_t begin, std::span<FrameExtent> extents) const {
    const std::span<const std::byte> bytes = unparsed_.bytes().subspan(begin);
    const bool is_front = begin == 0;
    const FrameRun run = framer_->scan_run(bytes,
                                           {.seen_b = is_front ? seen_b_ : 0,
                                            .is_synced = !is_front || is_synced_,
                                            .is_end = is_end_ && !has_appended()},
                                           extents);
    SLUICE_CHECK(run.frames <= extents.size() && run.bytes <= bytes.size() &&
                     (run.frames == extents.size() || run.stop.kind != Scan::Kind::frame),
                 "a framer that finds more frames than there are, or stops at one");
    const std::size_t frame_b_max = framer_->frame_b_max();
    std::size_t front = 0;
    bool is_sound = true;
    for (const FrameExtent& extent : extents.first(run.frames)) {
        is_sound &= extent.end > front && extent.end - front <= frame_b_max &&
                    extent.payload_begin >= front && extent.payload_begin <= extent.end &&
                    extent.payload_b <= extent.end - extent.payload_begin;
        front = extent.end;
    }
    SLUICE_CHECK(is_sound && front == run.bytes,
                 "a framer that finds a frame that is empty, too long or not there");
    return run;
}

/// Hands on the frames at the front of unparsed_ where they stand. Answers what follows them.
Scan FrameDecoder::take_frames(FrameBatch& batch) {
    std::array<FrameExtent, extents_max> extents;
    // Behind the first one, appended bytes are read where they stand.
    const std::size_t wanted = has_appended() ? 1 : extents_max;
    Taken taken;
    FrameRun run;
    do {
        run = scan_run(taken.wire_b, std::span(extents).first(wanted));
        std::size_t front = 0;
        std::size_t frame_b = 0;
        for (const FrameExtent& extent : std::span(extents).first(run.frames)) {
            frame_b = extent.end - front;
            taken.payload_b += extent.payload_b;
            ledger_.frame_b_max = std::max<std::uint64_t>(ledger_.frame_b_max, frame_b);
            front = extent.end;
        }
        taken.frames += run.frames;
        taken.wire_b += run.bytes;
        if (run.frames == extents_max) {
            take_alike(frame_b, extents.back().payload_b, taken);
        }
    } while (run.stop.kind == Scan::Kind::frame && wanted > 1);
    if (taken.frames > 0) {
        batch.bytes_ = unparsed_.slice(0, taken.wire_b);
        hand_on(batch, taken);
    }
    remember(run.stop);
    return run.stop;
}

/// Takes the frames that are laid out as the last one that was taken.
void FrameDecoder::take_alike(std::size_t frame_b, std::size_t payload_b, Taken& taken) const {
    SLUICE_CHECK(frame_b > 0, "a framer that finds a frame of no bytes");
    const std::span<const std::byte> rest = unparsed_.bytes().subspan(taken.wire_b);
    const std::size_t frames_max = rest.size() / frame_b;
    const std::size_t frames = framer_->count_alike(rest, frame_b, frames_max);
    SLUICE_CHECK(frames <= frames_max, "a framer that counts more frames than there are");
    taken.frames += frames;
    taken.wire_b += frames * frame_b;
    taken.payload_b += frames * payload_b;
}

/// Writes the frames at the front of unparsed_ anew, without their escapes, as many as the block
/// holds. Answers what follows them.
Result<Scan> FrameDecoder::take_records(FrameBatch& batch) {
    std::array<FrameExtent, extents_max> extents;
    const std::span<FrameExtent> wanted(extents.data(), has_appended() ? 1 : extents_max);
    FrameRun run = scan_run(0, wanted);
    if (run.frames == 0) {
        remember(run.stop);
        return run.stop;
    }
    Result<Buffer> block = acquire_for_records(wanted.first(run.frames), run.bytes);
    if (!block) {
        return block.error();
    }
    RecordWriter writer(*framer_, *block);
    Taken taken;
    while (write_records(writer, wanted.first(run.frames), taken) && wanted.size() > 1 &&
           run.frames == wanted.size()) {
        run = scan_run(taken.wire_b, wanted);
    }
    batch.bytes_ = *std::move(block);
    batch.bytes_.truncate(writer.written_b());
    batch.has_records_ = true;
    ledger_.copied_b += taken.payload_b;
    const bool is_all = taken.wire_b == taken.run_begin + run.bytes;
    hand_on(batch, taken);
    if (is_all) {
        remember(run.stop);
    }
    return run.stop;
}

/// Writes the records of a run that stands behind what was taken. Says whether there was room for
/// all of them.
bool FrameDecoder::write_records(RecordWriter& writer, std::span<const FrameExtent> extents,
                                 Taken& taken) {
    taken.run_begin = taken.wire_b;
    for (const FrameExtent& extent : extents) {
        if (!writer.has_room(extent.payload_b)) {
            return false;
        }
        const std::size_t wire_b = taken.run_begin + extent.end - taken.wire_b;
        taken.payload_b += writer.write(
            tail_offset_ + taken.wire_b, wire_b,
            unparsed_.bytes().subspan(taken.run_begin + extent.payload_begin, extent.payload_b));
        taken.wire_b += wire_b;
        ++taken.frames;
        ledger_.frame_b_max = std::max<std::uint64_t>(ledger_.frame_b_max, wire_b);
    }
    return true;
}

/// A block for the records of these frames, which are the first `run_b` bytes, and of those behind
/// them if they are like these; of one slab at most, except for one frame.
Result<Buffer> FrameDecoder::acquire_for_records(std::span<const FrameExtent> extents,
                                                 std::size_t run_b) {
    std::size_t run_records_b = 0;
    for (const FrameExtent& extent : extents) {
        run_records_b += FrameRecord::header_b + extent.payload_b;
    }
    const bool is_all = extents.size() < extents_max;
    const std::size_t records_b =
        is_all ? run_records_b : run_records_b * (1 + (unparsed_.size() - 1) / run_b);
    const std::size_t first_b = FrameRecord::header_b + extents.front().payload_b;
    return pool_.acquire(std::max(first_b, std::min(records_b, pool_.slab_capacity())));
}

/// Completes a batch that has its bytes, and moves on behind its frames.
void FrameDecoder::hand_on(FrameBatch& batch, const Taken& taken) {
    batch.framer_ = framer_.get();
    batch.frames_ = static_cast<std::uint32_t>(taken.frames);
    batch.stream_offset_ = tail_offset_;
    batch.payload_b_ = taken.payload_b;
    ledger_.frames += taken.frames;
    ledger_.payload_b += taken.payload_b;
    ledger_.overhead_b += taken.wire_b - taken.payload_b;
    is_synced_ = true;
    is_incident_ = false;
    begin_hunt();
    consume(taken.wire_b);
}

/// Sees to it that unparsed_ can grow to `bytes` in its block.
Result<void> FrameDecoder::reserve(std::size_t bytes) {
    const std::size_t kept_b = unparsed_.size();
    if (unparsed_.room().size() >= bytes - kept_b) {
        return {};
    }
    Result<Buffer> block = pool_.acquire(bytes);
    if (!block) {
        return block.error();
    }
    std::ranges::copy(unparsed_.bytes(), block->writable().begin());
    block->truncate(kept_b);
    ledger_.copied_b += kept_b;
    unparsed_ = *std::move(block);
    return {};
}

/// How long unparsed_ should get in a block: as long as the framer says; where it cannot tell how
/// long the frame is, twice as long as it is, so that bytes are moved once or twice, not each time.
std::size_t FrameDecoder::target_b() const noexcept {
    const std::size_t kept_b = unparsed_.size();
    const std::size_t need_b = std::max(need_b_, kept_b + 1);
    if (need_b > kept_b + 1 || framer_->header_b() > 0) {
        return need_b;
    }
    return std::max(need_b,
                    std::min(kept_b + std::max(kept_b, pull_b_min), framer_->frame_b_max()));
}

/// Copies the next bytes of appended_ behind unparsed_. What proves to be too much is not used.
Result<void> FrameDecoder::pull() {
    const std::size_t left_b = appended_.size() - pulled_b_;
    if (left_b == 0) {
        appended_.reset();
        pulled_b_ = 0;
        return {};
    }
    const std::size_t target = target_b();
    if (const Result<void> reserved = reserve(target); !reserved) {
        return reserved.error();
    }
    const std::size_t new_b = std::min(left_b, target - unparsed_.size());
    std::ranges::copy(appended_.bytes().subspan(pulled_b_, new_b), unparsed_.room().begin());
    unparsed_.extend(new_b);
    pulled_b_ += new_b;
    ledger_.copied_b += new_b;
    return {};
}

}  // namespace sluice
