/// Bytes in, whole frames out: the state of one stream that is being cut into frames.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "sluice/buffers/buffer.hpp"
#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/core/result.hpp"
#include "sluice/framing/frame_batch.hpp"
#include "sluice/framing/framer.hpp"
#include "sluice/framing/framing.hpp"

namespace sluice {

/// Always true, at every look, over all streams of a decoder:
/// received = payload + overhead + skipped + buffered.
struct FramingLedger {
    std::uint64_t received_b = 0;
    std::uint64_t frames = 0;
    std::uint64_t payload_b = 0;   ///< Handed on.
    std::uint64_t overhead_b = 0;  ///< Headers, delimiters, escapes, checksums: of whole frames.
    std::uint64_t skipped_b = 0;   ///< Belonged to no whole frame.
    std::uint64_t buffered_b = 0;  ///< Of a frame that is not whole yet, or not read by `next` yet.
    std::uint64_t frame_b_max = 0;  ///< The longest frame so far, on the wire.
    /// Bytes that were moved to make a frame contiguous (by `append`), and payload that was written
    /// anew because it had escapes. What the receive path moves is counted there.
    std::uint64_t copied_b = 0;
    std::array<std::uint64_t, frame_fault_count> incidents{};  ///< By FrameFault.
};

/// Bytes that were no frame: one incident lasts until the next whole frame, or the stream's end.
/// That the stream is closed is always an incident of its own.
struct FramingIncident {
    static constexpr std::size_t front_b_max = 32;

    FrameFault fault = FrameFault::bad_sync;
    std::uint64_t stream_offset = 0;  ///< Of the first bad byte.
    std::uint64_t claimed_b = 0;      ///< The length that the frame claimed, if it did.
    std::uint64_t limit_b = 0;        ///< The framing's maximum; `lost_sync`: of hunting.
    std::array<std::byte, front_b_max>
        front{};              ///< The bytes from there on, as far as they are there,
    std::size_t front_b = 0;  ///< so many.
};

/// What speaks so at the begin of a stream: `HTTP`, `TLS` or `SSH`; empty if the incident is
/// elsewhere, or nobody can tell. For whoever must find out who uses the wrong port.
[[nodiscard]] std::string_view likely_protocol(const FramingIncident& incident) noexcept;

/// What happens about bytes that are no frame. Whatever is allowed here, the stream is closed where
/// the framing cannot tell where the next frame begins.
struct FrameDecoderOptions {
    /// `close`: the stream ends there. `skip`: a frame of a false checksum or the like is skipped
    /// at the length that it claims, if it stood where a frame had to begin; else as `resync`: no
    /// more is skipped than the framing rules out, so that a frame may be found within. `automatic`
    /// is not allowed here: see `on_bad_frame(Framing)`.
    OnBadFrame on_bad_frame = OnBadFrame::close;
    /// For frames longer than the maximum. `close` under `on_bad_frame: resync` is `resync`: what
    /// hunts for frames believes no length.
    OnOversize on_oversize = OnOversize::close;
    /// For a framer that hunts: since the stream's begin or the last whole frame, so many bytes may
    /// belong to no frame, besides those of a frame that stood where one had to begin. With one
    /// more the stream is closed: `lost_sync`; and when 1,024 times as many were added up for
    /// checksums that proved wrong, so that no false headers keep the processor busy.
    std::uint64_t hunt_b_max = std::uint64_t{64} * 1024;
    /// Called at the begin of each incident, from within `next` and `fail`. May be empty. It may
    /// look at the decoder's ledger, and must not call what changes the decoder.
    std::function<void(const FramingIncident&)> on_incident;
};

/// Cuts one stream at a time into frames. The unparsed bytes are one contiguous piece of memory,
/// the *tail*; whoever receives reads more behind it, and where that is not possible copies it in
/// front of what comes next:
///
///     stream:   [ frame | frame | frame | begin of a fr ]    push: the tail and what followed
///                                       '--- tail() ---'     need_b(): its length, if known
///
/// One thread. Nothing is allocated after the construction except from the pool.
class FrameDecoder final {
  public:
    /// A first stream has begun. Frames whose bytes must be rewritten (`append`, escapes) live in
    /// `pool`, which must outlive the decoder and all batches, as the framer does (it is shared).
    FrameDecoder(std::shared_ptr<const Framer> framer, FrameDecoderOptions options,
                 BufferPool& pool);

    /// A new stream begins: what is buffered of the old one is counted as skipped.
    void begin_stream();

    /// Takes the next bytes of the stream. The first `carried_b` bytes of `bytes` are the tail
    /// again, at the same place or copied: the tail is given up for them. What comes after
    /// `bad_frame` is counted as skipped and not kept.
    /// REQUIRES: carried_b == tail().size(); bytes.size() < 4 GiB; the stream has not ended; next()
    /// said "none" since an append().
    void push(Buffer bytes, std::size_t carried_b);

    /// Takes the next bytes of the stream from whoever cannot read behind the tail. Where they do
    /// not happen to stand behind it, the frame that is not whole yet is put together in a block of
    /// the pool, of the frame's length where that is known; the frames behind it are not copied.
    /// Errors: as of BufferPool::acquire (`would_block`: later), and then nothing was taken.
    /// REQUIRES: as of push; next() said "none" since.
    [[nodiscard]] Result<void> append(const Buffer& bytes);

    /// The next whole frames, as many as stand together: true; false: more bytes are needed.
    /// Errors: `bad_frame`: the stream cannot go on (a policy `close`, the framing cannot find the
    /// next frame, or did not within `hunt_b_max`), for ever until begin_stream; `would_block`,
    /// `out_of_memory`: the pool has no block to undo escapes or to put a frame together in:
    /// nothing is lost, try again later; `too_large`: it never has one for a frame that long.
    /// `batch` is empty unless true.
    [[nodiscard]] Result<bool> next(FrameBatch& batch);

    /// No more bytes will come: `next` may find a last frame that waited for its successor; before
    /// it says "none", what is left is `truncated`: skipped, and an incident, unless it is part of
    /// one.
    void end_stream();
    /// Gives the stream up for a reason of the owner's (`timeout`): an incident; then as after
    /// `bad_frame`. Does nothing after that.
    void fail(FrameFault fault);

    /// The bytes that begin a frame and are not enough; the owner may replace them by an equal copy
    /// (to let a slab go).
    [[nodiscard]] Buffer& tail() noexcept { return unparsed_; }
    /// After next() said "none": so many bytes, the tail's included, must be contiguous before it
    /// can find anything: the frame's whole length where it is known. At least tail().size() + 1.
    [[nodiscard]] std::size_t need_b() const noexcept { return need_b_; }
    /// Whether need_b() is the length of the whole frame, as told by its header.
    [[nodiscard]] bool is_length_known() const noexcept;
    /// The offset in the stream of the first byte that is not part of a frame handed on or of a
    /// skipped one: where the tail begins.
    [[nodiscard]] std::uint64_t tail_offset() const noexcept { return tail_offset_; }

    [[nodiscard]] const FramingLedger& ledger() const noexcept { return ledger_; }
    [[nodiscard]] const Framer& framer() const noexcept { return *framer_; }

  private:
    static constexpr std::size_t extents_max = 64;
    static constexpr std::uint64_t checked_per_hunted = 1024;
    class RecordWriter;
    struct Taken;

    void receive(std::size_t bytes);
    void skip();
    void skip_everything();
    void consume(std::size_t bytes);
    void ask();

    [[nodiscard]] FrameRun scan_run(std::size_t begin, std::span<FrameExtent> extents) const;
    [[nodiscard]] Scan take_frames(FrameBatch& batch);
    void take_alike(std::size_t frame_b, std::size_t payload_b, Taken& taken) const;
    [[nodiscard]] Result<Scan> take_records(FrameBatch& batch);
    [[nodiscard]] bool write_records(RecordWriter& writer, std::span<const FrameExtent> extents,
                                     Taken& taken);
    [[nodiscard]] Result<Buffer> acquire_for_records(std::span<const FrameExtent> extents,
                                                     std::size_t run_b);
    void hand_on(FrameBatch& batch, const Taken& taken);
    void remember(const Scan& stop);

    [[nodiscard]] bool has_appended() const noexcept { return !appended_.empty(); }
    [[nodiscard]] std::size_t target_b() const noexcept;
    [[nodiscard]] Result<void> reserve(std::size_t bytes);
    [[nodiscard]] Result<void> pull();

    void truncate();
    void take_bad(const Scan& bad);
    void begin_hunt();
    [[nodiscard]] bool hunt(const Scan& bad);
    void report(FrameFault fault, std::uint64_t claimed_b);
    void close(FrameFault fault, std::uint64_t claimed_b);

    const std::shared_ptr<const Framer> framer_;
    const FrameDecoderOptions options_;
    BufferPool& pool_;

    // The stream, where the decoder is in it: unparsed_, then what is left of appended_.
    Buffer unparsed_;
    Buffer appended_;           // until the frame that was pending is whole
    std::size_t pulled_b_ = 0;  // of its bytes were copied to the end of unparsed_
    std::size_t need_b_ = 0;    // 0: the framer has not been asked about unparsed_
    std::size_t seen_b_ = 0;    // of unparsed_, when it was asked last
    std::uint64_t tail_offset_ = 0;
    std::uint64_t to_skip_b_ = 0;     // of bytes that may still be to come
    std::uint64_t hunt_left_b_ = 0;   // until the next whole frame
    std::uint64_t check_left_b_ = 0;  // of false frames, the same
    bool is_synced_ = true;
    bool is_incident_ = false;  // since the last whole frame
    bool is_end_ = false;
    bool is_closed_ = false;
    FramingLedger ledger_;
};

}  // namespace sluice
