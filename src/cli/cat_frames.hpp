/// What `sluice cat --framing` makes of a connection's bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "sluice/framing/frame_decoder.hpp"
#include "sluice/net/event_loop.hpp"
#include "sluice/net/packet.hpp"
#include "sluice/net/timer.hpp"

namespace sluice::cli {

struct CatFraming {
    Framing framing;
    /// For a frame to become whole, from its first bytes on; 0 = as long as it takes.
    Duration frame_timeout = std::chrono::seconds(30);
};

/// A loop whose pool holds the longest frame: in pieces, whole and without escapes.
[[nodiscard]] net::EventLoopOptions loop_options(const CatFraming& framing);

/// Cuts one connection after the other into frames, and tells on standard error what was none. Loop
/// thread only.
class CatFrames final {
  public:
    struct Calls {
        /// Takes whole frames and when the last of them came; false: later, and then it took none.
        std::function<bool(FrameBatch&, SystemTime)> on_frames;
        /// A frame does not become whole in time.
        std::function<void(const Error&)> on_timeout;
    };

    CatFrames(const CatFraming& framing, net::EventLoop& loop, Calls calls);

    [[nodiscard]] net::ReceiveWish receive_wish();

    /// A connection begins.
    void begin_stream();
    /// These hand on all frames that are whole: true; false: `on_frames` had no room or the pool no
    /// memory: call `resume` later, and nothing else before it said true. Errors: `bad_frame`: the
    /// connection must end.
    [[nodiscard]] Result<bool> take(net::Packet&& packet);
    [[nodiscard]] Result<bool> resume();
    /// The connection has ended.
    [[nodiscard]] Result<bool> end_stream();

    /// Whether the last connection ended within a frame, or because of a bad one.
    [[nodiscard]] bool is_broken() const noexcept { return is_broken_; }
    /// What was skipped and why, in one line; nothing if all bytes were frames.
    [[nodiscard]] std::optional<std::string> losses() const;

  private:
    void on_incident(const FramingIncident& incident);
    void watch();
    void on_timer();

    const CatFraming& framing_;
    net::EventLoop& loop_;
    const Calls calls_;
    FrameDecoder decoder_;
    FrameBatch batch_;  // not handed on yet
    SystemTime receive_time_{};

    net::Timer timer_;
    std::uint64_t begun_offset_ = 0;  // of the frame that is not whole

    SteadyTime reports_since_{};
    std::uint64_t reports_ = 0;  // since then
    std::uint64_t unreported_ = 0;
    bool is_broken_ = false;
};

}  // namespace sluice::cli
