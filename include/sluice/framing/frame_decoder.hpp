/// Bytes in, whole frames out: the state of one stream that is being cut into frames.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

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
struct FramingIncident {
    static constexpr std::size_t front_b_max = 32;

    FrameFault fault = FrameFault::bad_sync;
    std::uint64_t stream_offset = 0;             ///< Of the first bad byte.
    std::uint64_t claimed_b = 0;                 ///< The length that the frame claimed, if it did.
    std::uint64_t limit_b = 0;                   ///< The framing's maximum.
    std::array<std::byte, front_b_max> front{};  ///< The first bytes,
    std::size_t front_b = 0;                     ///< so many.
};

struct FrameDecoderOptions {
    /// `automatic` is not allowed here: see `on_bad_frame(Framing)`.
    OnBadFrame on_bad_frame = OnBadFrame::close;
    OnOversize on_oversize = OnOversize::close;
    /// Called at the begin of each incident, from within `next`, `end_stream` and `fail`. May be
    /// empty.
    std::function<void(const FramingIncident&)> on_incident;
};

/// Cuts one stream at a time into frames. The unparsed bytes are one contiguous piece of memory,
/// the *tail*; whoever receives reads more behind it, and where that is not possible copies it in
/// front of what comes next:
///
///     stream:   [ frame | frame | frame | begin of a fr ]          push: the tail and what
///     followed
///                                       '--- tail() ---'           need_b(): its length, if known
///
/// One thread. Nothing is allocated after the construction except from the pool.
class FrameDecoder final {
  public:
    /// Frames whose bytes must be rewritten (`append`, escapes) live in `pool`, which must outlive
    /// the decoder and all batches, as the framer does (it is shared).
    FrameDecoder(std::shared_ptr<const Framer> framer, FrameDecoderOptions options,
                 BufferPool& pool);

    /// A new stream begins: what is buffered of the old one is counted as skipped. Also at first.
    void begin_stream();

    /// Takes the next bytes of the stream. The first `carried_b` bytes of `bytes` are the tail
    /// again, at the same place or copied: the tail is given up for them.
    /// REQUIRES: carried_b == tail().size().
    void push(Buffer bytes, std::size_t carried_b);

    /// Takes the next bytes of the stream from whoever cannot read behind the tail. Where they do
    /// not happen to stand behind it, the frame that is not whole yet is put together in a block of
    /// the pool; the frames behind it are not copied. Errors: as of BufferPool::acquire
    /// (`would_block`: later), and then nothing was taken. REQUIRES: next() said "none" since.
    [[nodiscard]] Result<void> append(const Buffer& bytes);

    /// The next whole frames, as many as stand together: true; false: more bytes are needed.
    /// Errors: `bad_frame`: the stream cannot go on (policy `close`, or the framing cannot find the
    /// next frame), for ever until begin_stream; `would_block`, `out_of_memory`: the pool has no
    /// block to undo escapes in; try again later.
    [[nodiscard]] Result<bool> next(FrameBatch& batch);

    /// No more bytes will come: `next` may find a last frame that waited for its successor; after
    /// `next` said "none", what is left is `truncated`: skipped, and an incident.
    void end_stream();
    /// Gives the stream up for a reason of the owner's (`timeout`): an incident; then as after
    /// `bad_frame`.
    void fail(FrameFault fault);

    /// The bytes that begin a frame and are not enough; the owner may replace them by an equal copy
    /// (to let a slab go).
    [[nodiscard]] Buffer& tail() noexcept { return unparsed_; }
    /// So many bytes, the tail's included, must be contiguous before `next` can find anything:
    /// the frame's whole length where it is known. At least tail().size() + 1.
    [[nodiscard]] std::size_t need_b() const noexcept { return need_b_; }
    /// Whether need_b() is the length of the whole frame, as told by its header.
    [[nodiscard]] bool is_length_known() const noexcept;
    /// The offset in the stream of the first byte that is not part of a frame handed on or of a
    /// skipped one: where the tail begins.
    [[nodiscard]] std::uint64_t tail_offset() const noexcept { return tail_offset_; }

    [[nodiscard]] const FramingLedger& ledger() const noexcept { return ledger_; }
    [[nodiscard]] const Framer& framer() const noexcept { return *framer_; }

  private:
    const std::shared_ptr<const Framer> framer_;
    const FrameDecoderOptions options_;
    BufferPool& pool_;
    Buffer unparsed_;
    std::size_t need_b_ = 1;
    std::uint64_t tail_offset_ = 0;
    FramingLedger ledger_;
};

}  // namespace sluice
