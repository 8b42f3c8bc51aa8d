/// Messages for a device become frames.
#pragma once

#include <memory>
#include <string>

#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/framing/framer.hpp"
#include "sluice/messages/egress_packet.hpp"
#include "sluice/pipeline/publisher.hpp"
#include "sluice/stages/framer_stage.hpp"
#include "sluice/sync/mutex.hpp"

namespace sluice {

/// How many bytes stand before the length of a frame, sync bytes aside. REQUIRES:
/// validate(framing).
[[nodiscard]] std::size_t head_b(const Framing& framing);

/// Writes what stands around a message and publishes both as one; fragments are shared, not copied,
/// unless the framing escapes bytes. Any threads.
class FramerEgress final {
  public:
    /// `stage` is the stage's name, for the log. The first `head_b` bytes of each message stand
    /// before the length in its frame.
    FramerEgress(std::string stage, const Publisher<EgressPacket>& target,
                 std::shared_ptr<const Framer> framer, std::size_t head_b, BufferPool& pool)
        : stage_(std::move(stage)),
          target_(target),
          framer_(std::move(framer)),
          head_b_(head_b),
          pool_(pool) {}

    void send(const EgressPacket& message);
    [[nodiscard]] FramerEgressCounts counts() const;

  private:
    [[nodiscard]] Result<void> frame(const EgressPacket& message, FrameBody body,
                                     EgressPacket& framed);
    [[nodiscard]] Result<void> enclose(const EgressPacket& message, FrameBody body,
                                       EgressPacket& framed);
    void count(const Result<void>& done);

    const std::string stage_;
    Publisher<EgressPacket> target_;
    const std::shared_ptr<const Framer> framer_;
    const std::size_t head_b_;
    BufferPool& pool_;
    mutable sync::Mutex mutex_;
    FramerEgressCounts counts_ SLUICE_GUARDED_BY(mutex_);
};

}  // namespace sluice
