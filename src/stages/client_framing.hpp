/// The framing of a stage that receives itself.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/net/event_loop.hpp"
#include "sluice/net/link.hpp"
#include "sluice/net/timer.hpp"
#include "stages/frame_publisher.hpp"

namespace sluice {

/// Between a Link and a FramePublisher: asks for what is received so that frames stand in one
/// piece, waits for memory, and watches over frames that do not come. The loop's thread only.
class ClientFraming final : MemoryWaiter {
  public:
    struct Options {
        std::string stage;
        StageFraming framing;
        Duration frame_timeout{};
    };

    /// `on_timeout` is called when the stream was closed because a frame did not come.
    ClientFraming(net::EventLoop& loop, net::Link& link, const Publisher<FrameGroup>& frames,
                  const Options& options, std::function<void()> on_timeout);
    ~ClientFraming() { cancel_wait(); }
    ClientFraming(const ClientFraming&) = delete;
    ClientFraming& operator=(const ClientFraming&) = delete;

    void begin_connection(std::uint64_t connection, const std::string& peer);
    /// Publishes what is whole, with or without credit; `relieve` frees memory, or says that none
    /// is left to free. Nothing if there is no connection.
    void end_connection(bool is_stop, const std::function<bool()>& relieve);

    [[nodiscard]] net::ReceiveWish wish();
    /// Takes what was received; `packet` keeps what is new of it.
    void take(net::Packet& packet);
    /// `need_bytes` if there is no connection.
    FramePublisher::Outcome publish(const std::function<bool()>& find_credit);
    /// Stops reading until memory came back.
    void wait_for_memory();

    // While the link does not read, time rests.

    void on_paused() noexcept { is_paused_ = true; }
    void on_resumed();
    void on_starved() noexcept { is_starved_ = true; }

    [[nodiscard]] Error reason() const { return frames_.reason(); }
    [[nodiscard]] FramingStats statistics() const { return frames_.statistics(); }

  private:
    void memory_available() noexcept override { link_.resume(); }
    void cancel_wait();
    void watch_time();
    void on_timer();
    [[nodiscard]] SteadyTime deadline() const;

    net::EventLoop& loop_;
    net::Link& link_;
    const std::string stage_;
    FramePublisher frames_;
    const Duration timeout_;
    const std::function<void()> on_timeout_;
    net::Timer timer_;
    SteadyTime reading_since_{};
    bool is_connected_ = false;
    bool is_whole_ = true;     // nothing waits to be cut or published
    bool is_waiting_ = false;  // for memory
    bool is_paused_ = false;
    bool is_starved_ = false;
};

}  // namespace sluice
