/// A stream becomes groups of frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/core/result.hpp"
#include "sluice/framing/frame_decoder.hpp"
#include "sluice/messages/frame_group.hpp"
#include "sluice/messages/framing_stats.hpp"
#include "sluice/messages/tcp_packet_group.hpp"
#include "sluice/pipeline/publisher.hpp"

namespace sluice {

/// How a stage finds frames: the framer, and what happens about bytes that are none.
struct StageFraming {
    std::shared_ptr<const Framer> framer;
    OnBadFrame on_bad_frame = OnBadFrame::close;
    OnOversize on_oversize = OnOversize::close;
    std::uint64_t hunt_b_max = FrameDecoderOptions().hunt_b_max;
};
/// REQUIRES: validate(framing).
[[nodiscard]] StageFraming stage_framing(const Framing& framing);
/// Of a program's own framer: bad frames end the stream, unless it can find the next one anywhere.
[[nodiscard]] StageFraming stage_framing(std::shared_ptr<const Framer> framer);

/// Cuts one connection after the other into frames and publishes what each receive made whole, in
/// groups of at most FrameGroup::frames_max. Every incident is logged. One thread. Allocates
/// nothing once the channel's messages have been used, but for incidents.
class FramePublisher final {
  public:
    enum class Outcome : std::uint8_t {
        need_bytes,  ///< All that is whole is published.
        no_credit,   ///< Frames wait.
        no_memory,   ///< The pool has no block for a frame: what is whole before it is published.
        closed,      ///< The stream cannot go on; `reason()` says why.
    };

    /// `stage` is the stage's name, for the log.
    FramePublisher(std::string stage, const Publisher<FrameGroup>& frames,
                   const StageFraming& framing, BufferPool& pool);
    FramePublisher(const FramePublisher&) = delete;
    FramePublisher& operator=(const FramePublisher&) = delete;

    /// How a stream begins.
    struct Begin {
        std::uint64_t connection = 0;
        std::string_view peer;
        std::uint64_t offset = 0;  ///< Of its first byte in what the connection received.
        /// It may begin within a frame: what looks like its first frame is skipped.
        bool is_torn = false;
    };
    /// A new stream begins; what is left of the one before is skipped.
    void begin_stream(const Begin& begin);
    /// Publishes all that is whole, whether there is credit or not; what is left is truncated. With
    /// `is_stop` that is not the device's fault, and not logged. `no_memory` as of `publish`: call
    /// again when there is some, or begin a stream, which skips what is left.
    Outcome end_stream(bool is_stop);

    /// The next bytes, as of FrameDecoder::push; `times` tells when they came.
    void push(Buffer bytes, std::size_t carried_b, const TcpPacket& times);
    /// As of FrameDecoder::append. `now`: when a frame counts as begun that begins in it.
    [[nodiscard]] Result<void> append(const TcpPacket& packet, SteadyTime now);
    /// Publishes what is whole, asking for credit before each group. Call it again after
    /// `no_credit` and `no_memory`, and before the next bytes.
    Outcome publish(const std::function<bool()>& find_credit);

    /// Gives the stream up: `timeout`, the rest of a frame did not come in time; `bad_sync`, nobody
    /// can tell where the next frame begins.
    void fail(FrameFault fault) { decoder_.fail(fault); }
    /// Why the stream is closed: `bad_frame` or `frame_timeout`.
    [[nodiscard]] Error reason() const;

    /// The frame that is not whole yet. Between `publish` that said `need_bytes` and new bytes.
    [[nodiscard]] FrameDecoder& decoder() noexcept { return decoder_; }
    [[nodiscard]] std::uint64_t last_frame_b() const noexcept { return last_frame_b_; }
    /// When the first bytes of the frame that is not whole yet came; `never` if there is none.
    [[nodiscard]] SteadyTime frame_begin() const noexcept { return frame_begin_; }
    /// Enough for whatever the decoder lacked at `no_memory`.
    [[nodiscard]] std::size_t memory_wish_b() noexcept;

    /// Exact unless frames wait for credit.
    [[nodiscard]] FramingStats statistics() const;

  private:
    void on_incident(const FramingIncident& incident);
    void remember_times(const TcpPacket& packet, SteadyTime now);
    void add(const Frame& frame);
    [[nodiscard]] bool publish_group(const std::function<bool()>& find_credit);
    void look_at_tail();

    const std::string stage_;
    Publisher<FrameGroup> frames_;
    BufferPool& pool_;
    FrameDecoder decoder_;
    FrameBatch batch_;
    FrameReader reader_;  // of batch_
    Draft<FrameGroup> group_;
    std::uint64_t groups_ = 0;
    std::uint64_t connection_ = 0;
    std::string peer_;
    std::uint64_t begin_offset_ = 0;
    bool is_torn_ = false;
    FramingStats torn_;  // `frames`, `payload` and `overhead` that were no frames
    TcpPacket times_;    // of the last receive, without its data
    std::uint64_t last_frame_b_ = 0;
    SteadyTime now_{};  // of the last receive
    SteadyTime frame_begin_ = never;
    std::uint64_t frame_offset_ = 0;  // of the frame that began then
    bool is_stopping_ = false;
    FramingIncident last_incident_;
};

}  // namespace sluice
