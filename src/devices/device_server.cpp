#include "sluice/devices/device_server.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "devices/device_connection.hpp"
#include "devices/framed_generator.hpp"
#include "sluice/devices/counter_generator.hpp"
#include "sluice/devices/lidar_generator.hpp"
#include "sluice/devices/nmea_generator.hpp"
#include "sluice/net/listener.hpp"

namespace sluice::devices {
namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t lidar_burst = 8;

/// A schedule that is later than this begins anew.
constexpr Duration lateness_max = std::chrono::seconds(1);
/// What one turn of the loop makes up for at most, so that clients are served meanwhile.
constexpr int ticks_per_turn = 1024;

Duration period_of(double rate_hz, std::uint64_t messages) {
    return std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>(static_cast<double>(messages) / rate_hz));
}

std::unique_ptr<Generator> make_plain_generator(const DeviceOptions& options, double rate_hz) {
    switch (options.kind) {
        case DeviceKind::nmea:
            return std::make_unique<NmeaGenerator>(
                NmeaOptions{.start_time = options.start_time, .period = period_of(rate_hz, 1)});
        case DeviceKind::lidar:
            return std::make_unique<LidarGenerator>();
        case DeviceKind::counter:
            break;
    }
    return std::make_unique<CounterGenerator>();
}

std::unique_ptr<Generator> make_generator(const DeviceOptions& options, double rate_hz) {
    std::unique_ptr<Generator> generator = make_plain_generator(options, rate_hz);
    if (options.framing) {
        generator =
            std::make_unique<FramedGenerator>(std::move(generator), options.kind, *options.framing);
    }
    return generator;
}

/// Each client's slabs, and room for the small blocks that count their shares.
BufferPoolOptions pool_options(std::size_t clients) {
    constexpr std::size_t block_slabs = 2;
    BufferPoolOptions options;
    options.size_b = (clients * BulkFeed::slabs + block_slabs) * options.slab_size_b;
    return options;
}

void add(DeviceTraffic& sum, const DeviceTraffic& traffic) {
    sum.messages += traffic.messages;
    sum.bytes += traffic.bytes;
    sum.lost_messages += traffic.lost_messages;
    sum.received_bytes += traffic.received_bytes;
}

}  // namespace

class DeviceServer::State final {
  public:
    State(net::EventLoop& loop, const DeviceOptions& options, DeviceHandler& handler);

    [[nodiscard]] Result<void> open();
    void stop();
    [[nodiscard]] DeviceStatistics statistics() const;
    [[nodiscard]] const SocketAddress& local_address() const { return local_; }

  private:
    [[nodiscard]] bool is_live() const noexcept { return rate_hz_ > 0; }
    /// The number of the device's next message.
    [[nodiscard]] std::uint64_t position() const noexcept;
    /// How many messages a new connection may get.
    [[nodiscard]] std::uint64_t budget() const noexcept;

    void on_accept(sys::Accepted accepted);
    void on_gone(DeviceConnection& connection, const Error& reason);
    [[nodiscard]] std::size_t clients_now() const;

    void tick();
    void make_burst();
    /// Forgets connections that are gone, outside of their own callbacks.
    void reap();

    net::EventLoop& loop_;
    DeviceHandler& handler_;
    const DeviceOptions options_;
    const double rate_hz_;
    const std::uint64_t burst_;
    const Duration period_;  // of bursts; live only
    const std::unique_ptr<Generator> generator_;
    std::vector<std::byte> message_;  // live: the present one
    std::optional<BufferPool> pool_;  // bulk: the slabs of all connections
    std::uint64_t position_ = 0;      // of the next message; bulk: behind all that left
    std::uint64_t count_left_;        // messages that still count; live only

    SocketAddress local_;
    std::unique_ptr<net::Listener> listener_;
    std::vector<std::unique_ptr<DeviceConnection>> connections_;
    DeviceStatistics past_;  // without those in connections_ that are not gone
    bool is_done_ = false;

    SteadyTime due_{};  // live: the next burst
    net::Timer tick_timer_;
    net::Timer reap_timer_;
};

DeviceServer::State::State(net::EventLoop& loop, const DeviceOptions& options,
                           DeviceHandler& handler)
    : loop_(loop),
      handler_(handler),
      options_(options),
      rate_hz_(options.rate_hz.value_or(default_rate_hz(options.kind))),
      burst_(options.kind == DeviceKind::lidar ? lidar_burst : 1),
      period_(is_live() ? period_of(rate_hz_, burst_) : Duration::zero()),
      generator_(make_generator(options, rate_hz_)),
      message_(generator_->message_bytes_max()),
      count_left_(options.count == 0 ? unlimited : options.count),
      tick_timer_(loop, [this] { tick(); }),
      reap_timer_(loop, [this] { reap(); }) {
    if (!is_live()) {
        pool_.emplace(pool_options(options.clients_max));
    }
}

Result<void> DeviceServer::State::open() {
    Result<std::unique_ptr<net::Listener>> listener = net::Listener::open(
        loop_, options_.address, {.socket = options_.socket, .allow_remote = options_.allow_remote},
        [this](sys::Accepted accepted) { on_accept(std::move(accepted)); });
    if (!listener) {
        return listener.error();
    }
    listener_ = *std::move(listener);
    local_ = listener_->local_address();
    return {};
}

std::uint64_t DeviceServer::State::position() const noexcept {
    std::uint64_t position = position_;
    for (const auto& connection : connections_) {
        position = std::max(position, connection->position());
    }
    return position;
}

std::uint64_t DeviceServer::State::budget() const noexcept {
    const std::uint64_t until_close =
        options_.disconnect_every == 0 ? unlimited : options_.disconnect_every;
    const bool is_counted = !is_live() && options_.count > 0;
    return is_counted ? std::min(until_close, options_.count - position()) : until_close;
}

void DeviceServer::State::on_accept(sys::Accepted accepted) {
    if (clients_now() >= options_.clients_max) {
        ++past_.refused_clients;
        handler_.on_client_refused(accepted.peer);
        return;
    }
    const DeviceClient client{++past_.clients, accepted.peer, {}};
    handler_.on_client(client);
    if (!listener_) {
        return;  // stopped meanwhile
    }
    connections_.push_back(std::make_unique<DeviceConnection>(
        loop_, client, budget(),
        [this](DeviceConnection& gone, const Error& reason) { on_gone(gone, reason); }));
    DeviceConnection& connection = *connections_.back();
    const Result<void> opened = is_live() ? connection.open_live(std::move(accepted.socket))
                                          : connection.open_bulk(std::move(accepted.socket), *pool_,
                                                                 *generator_, position());
    if (!opened) {
        connection.close(opened.error());
    } else if (is_live() && due_ == SteadyTime{}) {
        due_ = loop_.now();
        tick_timer_.arm(due_);
    }
}

void DeviceServer::State::on_gone(DeviceConnection& connection, const Error& reason) {
    const DeviceClient client = connection.client();
    add(past_.traffic, client.traffic);
    position_ = std::max(position_, connection.position());
    handler_.on_client_gone(client, reason);
    reap_timer_.arm(loop_.now());
}

std::size_t DeviceServer::State::clients_now() const {
    const auto is_here = [](const auto& connection) { return !connection->is_gone(); };
    return static_cast<std::size_t>(
        std::count_if(connections_.begin(), connections_.end(), is_here));
}

void DeviceServer::State::tick() {
    if (loop_.now() - due_ > lateness_max) {
        due_ = loop_.now();
    }
    for (int i = 0; i < ticks_per_turn && due_ <= loop_.now() && count_left_ > 0; ++i) {
        make_burst();
        due_ += period_;
    }
    for (const auto& connection : connections_) {
        connection->flush();
    }
    if (count_left_ > 0) {
        tick_timer_.arm(due_);
        return;
    }
    listener_.reset();
    for (const auto& connection : connections_) {
        connection->finish();
    }
    reap_timer_.arm(loop_.now());
}

void DeviceServer::State::make_burst() {
    for (std::uint64_t i = 0; i < burst_ && count_left_ > 0; ++i) {
        const Generator::Written made = generator_->write(position_++, 1, message_);
        bool is_for_somebody = false;
        for (const auto& connection : connections_) {
            is_for_somebody |= connection->offer(std::span(message_).first(made.bytes));
        }
        count_left_ -= is_for_somebody ? 1 : 0;  // `unlimited` lasts longer than any run
    }
}

void DeviceServer::State::reap() {
    std::erase_if(connections_, [](const auto& connection) { return connection->is_gone(); });
    const bool is_over =
        is_live() ? count_left_ == 0 : options_.count > 0 && position_ >= options_.count;
    if (is_over && connections_.empty() && !std::exchange(is_done_, true)) {
        listener_.reset();
        handler_.on_done();
    }
}

void DeviceServer::State::stop() {
    listener_.reset();
    tick_timer_.disarm();
    is_done_ = true;
    for (const auto& connection : connections_) {
        connection->close(Error(Errc::stopped));
    }
}

DeviceStatistics DeviceServer::State::statistics() const {
    DeviceStatistics statistics = past_;
    for (const auto& connection : connections_) {
        if (!connection->is_gone()) {
            add(statistics.traffic, connection->client().traffic);
            ++statistics.clients_now;
        }
    }
    return statistics;
}

DeviceServer::DeviceServer(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}

DeviceServer::~DeviceServer() {
    state_->stop();
}

Result<std::unique_ptr<DeviceServer>> DeviceServer::open(net::EventLoop& loop,
                                                         const DeviceOptions& options,
                                                         DeviceHandler& handler) {
    if (Result<void> valid = validate(options); !valid) {
        return valid.error();
    }
    auto state = std::make_unique<State>(loop, options, handler);
    if (Result<void> opened = state->open(); !opened) {
        return opened.error();
    }
    return std::unique_ptr<DeviceServer>(new DeviceServer(std::move(state)));
}

const SocketAddress& DeviceServer::local_address() const noexcept {
    return state_->local_address();
}

DeviceStatistics DeviceServer::statistics() const {
    return state_->statistics();
}

void DeviceServer::stop() {
    state_->stop();
}

}  // namespace sluice::devices
