// stop_bench STATE COUNT [NAME]: how long Link::stop takes, COUNT times, in microseconds, a line
// each. Every link is a new one, brought into STATE before the clock starts. NAME is a host name
// that no name server answers for; only `resolving` needs it.
#include <atomic>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "loopback.hpp"
#include "sluice/net/event_loop_thread.hpp"
#include "sluice/net/link.hpp"
#include "sluice/sys/clock.hpp"

namespace sluice::compare {
namespace {

using net::LinkState;

/// Traffic counts as being at full rate once so much of it came.
constexpr std::uint64_t warm_bytes = 8 * 1024 * 1024;
constexpr auto settle = std::chrono::microseconds(200);
constexpr std::size_t message_bytes = 64 * 1024;
/// The egress counts as full when the kernel took nothing for so long.
constexpr Duration full_after = std::chrono::milliseconds(5);

class Watcher final : public net::LinkHandler {
  public:
    void on_packet(net::Packet&& packet) override {
        received_.fetch_add(packet.data.size(), std::memory_order_relaxed);
        received_.notify_one();
    }
    void on_state(const net::LinkStatus& status) override {
        state_ = status.state;
        state_.notify_one();
    }

    void wait_for(LinkState wanted) {
        for (LinkState now = state_; now != wanted; now = state_) {
            state_.wait(now);
        }
    }
    void wait_for_bytes(std::uint64_t wanted) {
        for (std::uint64_t now = received_; now < wanted; now = received_) {
            received_.wait(now);
        }
    }

  private:
    std::atomic<LinkState> state_{LinkState::idle};
    std::atomic<std::uint64_t> received_{0};
};

/// The other end of a link; most do nothing once they are connected to.
class Device {
  public:
    virtual ~Device() = default;
    [[nodiscard]] virtual std::string address() const {
        return "127.0.0.1:" + std::to_string(port_);
    }
    /// Brings a started link into the state to be measured.
    virtual void prepare(net::Link& link, Watcher& watcher) = 0;
    /// After the link was stopped.
    virtual void finish() {}

  protected:
    LoopbackSocket socket_;
    std::uint16_t port_ = socket_.bind_to_free_port();
};

class UnknownName final : public Device {
  public:
    explicit UnknownName(std::string name) : name_(std::move(name)) {}
    std::string address() const override { return name_ + ":1"; }
    void prepare(net::Link&, Watcher& watcher) override { watcher.wait_for(LinkState::resolving); }

  private:
    const std::string name_;
};

/// Its queue of connections is full, so that further ones get no answer.
class BlackHole final : public Device {
  public:
    BlackHole() {
        socket_.listen(0);
        filler_.connect(port_);
    }
    void prepare(net::Link&, Watcher& watcher) override { watcher.wait_for(LinkState::connecting); }

  private:
    LoopbackSocket filler_;
};

class Absent final : public Device {
  public:
    void prepare(net::Link&, Watcher& watcher) override { watcher.wait_for(LinkState::waiting); }
};

class Silent : public Device {
  public:
    Silent() { socket_.listen(8); }
    void prepare(net::Link&, Watcher& watcher) override {
        connection_.emplace(socket_.accept());
        watcher.wait_for(LinkState::up);
    }
    void finish() override { connection_.reset(); }

  protected:
    std::optional<LoopbackSocket> connection_;
};

/// Sends without a pause until the link is gone.
class Sending final : public Silent {
  public:
    void prepare(net::Link& link, Watcher& watcher) override {
        Silent::prepare(link, watcher);
        sender_ = std::thread([this] {
            const std::vector<char> block(1024 * 1024, 's');
            while (::send(connection_->number(), block.data(), block.size(), MSG_NOSIGNAL) > 0) {
            }
        });
        watcher.wait_for_bytes(warm_bytes);
    }
    void finish() override {
        sender_.join();
        Silent::finish();
    }

  private:
    std::thread sender_;
};

/// Reads nothing: the link's egress queue and all buffers of the kernel are full.
class Unwilling final : public Silent {
  public:
    void prepare(net::Link& link, Watcher& watcher) override {
        Silent::prepare(link, watcher);
        const std::vector<std::byte> message(message_bytes);
        while (link.egress().push_copy(message, sys::now() + full_after)) {
        }
    }
};

std::unique_ptr<Device> make_device(const std::string& state, const char* name) {
    if (state == "resolving" && name != nullptr) {
        return std::make_unique<UnknownName>(name);
    }
    if (state == "connecting") {
        return std::make_unique<BlackHole>();
    }
    if (state == "waiting") {
        return std::make_unique<Absent>();
    }
    if (state == "up_idle") {
        return std::make_unique<Silent>();
    }
    if (state == "up_traffic") {
        return std::make_unique<Sending>();
    }
    if (state == "up_full_egress") {
        return std::make_unique<Unwilling>();
    }
    return nullptr;
}

void measure(Device& device, int count) {
    const auto loop = net::EventLoopThread::start({}, {});
    require(loop.has_value(), "event loop");
    net::LinkOptions options;
    options.address = Address::parse(device.address()).value();
    options.egress.policy = net::EgressPolicy::wait;
    options.reconnect_initial = options.reconnect_max = std::chrono::seconds(60);
    for (int i = 0; i < count; ++i) {
        Watcher watcher;
        net::Link link((*loop)->loop(), options, watcher);
        link.start();
        device.prepare(link, watcher);
        std::this_thread::sleep_for(settle);  // the loop's thread waits again, as it mostly does
        const std::int64_t begin = monotonic_ns();
        link.stop();
        const std::int64_t end = monotonic_ns();
        device.finish();
        std::printf("%.1f\n", static_cast<double>(end - begin) / 1000);
    }
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    const auto device =
        argc >= 3 ? sluice::compare::make_device(argv[1], argc > 3 ? argv[3] : nullptr) : nullptr;
    if (device == nullptr) {
        std::fprintf(stderr,
                     "usage: stop_bench resolving|connecting|waiting|up_idle|up_traffic|"
                     "up_full_egress COUNT [NAME]\n");
        return 64;
    }
    sluice::compare::measure(*device, std::atoi(argv[2]));
}
