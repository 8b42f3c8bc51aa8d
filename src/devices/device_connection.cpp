#include "devices/device_connection.hpp"

#include <utility>

namespace sluice::devices {
namespace {

constexpr std::size_t live_queue_bytes = std::size_t{256} * 1024;
constexpr Duration patience = std::chrono::seconds(1);  // with a client that takes nothing

}  // namespace

DeviceConnection::DeviceConnection(net::EventLoop& loop, const DeviceClient& client,
                                   std::uint64_t messages_max, GoneFunction on_gone)
    : loop_(loop),
      client_(client),
      on_gone_(std::move(on_gone)),
      messages_left_(messages_max),
      wind_up_timer_(loop, [this] { wind_up(); }) {}

DeviceConnection::~DeviceConnection() {
    release();
}

Result<void> DeviceConnection::open_live(sys::Descriptor socket) {
    return open(std::move(socket), {.buffer_size_b = live_queue_bytes});
}

Result<void> DeviceConnection::open_bulk(sys::Descriptor socket, BufferPool& pool,
                                         const Generator& generator, std::uint64_t first) {
    first_ = first;
    bulk_message_bytes_ = generator.message_bytes_max();
    const std::size_t queue_bytes = BulkFeed::slabs * pool.slab_capacity();
    Result<void> opened =
        open(std::move(socket), {.buffer_size_b = queue_bytes, .copy_below_b = 0});
    if (!opened) {
        return opened;
    }
    feed_.emplace(pool, generator, *queue_, first, messages_left_, [this] { finish(); });
    if (Result<void> started = feed_->start(); !started) {
        return started;
    }
    stream_->flush();
    return {};
}

Result<void> DeviceConnection::open(sys::Descriptor socket, const net::EgressOptions& egress) {
    queue_ = std::make_unique<net::TransmitQueue>(egress, [this] { has_work_ = true; });
    queue_->connected();
    Result<std::unique_ptr<net::Stream>> stream =
        net::Stream::open(loop_, std::move(socket), *queue_, *this);
    if (!stream) {
        return stream.error();
    }
    stream_ = *std::move(stream);
    return {};
}

bool DeviceConnection::offer(std::span<const std::byte> message) {
    if (is_gone_ || is_finished_) {
        return false;
    }
    static_cast<void>(queue_->try_push_copy(message));  // it counts what it drops
    if (--messages_left_ == 0) {
        finish();
    }
    return true;
}

void DeviceConnection::flush() {
    if (!is_gone_ && std::exchange(has_work_, false)) {
        stream_->flush();
    }
}

void DeviceConnection::finish() {
    if (!is_gone_ && !std::exchange(is_finished_, true)) {
        wind_up_timer_.arm(loop_.now());
    }
}

/// First right after `finish`, then again and again while the rest is being sent.
void DeviceConnection::wind_up() {
    const std::uint64_t taken = queue_->taken_bytes();
    if (wound_up_bytes_ == taken) {
        close(Error(Errc::stopped));
        return;
    }
    const bool is_first = !wound_up_bytes_;
    wound_up_bytes_ = taken;
    wind_up_timer_.arm(loop_.now() + patience);
    if (is_first) {
        stream_->finish_sending();
    }
}

void DeviceConnection::on_end(const Error& reason) {
    if (!std::exchange(is_gone_, true)) {
        release();
        on_gone_(*this, reason);
    }
}

/// Gives all memory back.
void DeviceConnection::release() noexcept {
    wind_up_timer_.disarm();
    if (stream_) {
        stream_->close();
    }
    if (feed_) {
        feed_->stop();
    }
    if (queue_) {
        queue_->lost();
    }
}

DeviceClient DeviceConnection::client() const {
    DeviceClient client = client_;
    DeviceTraffic& traffic = client.traffic;
    traffic.received_bytes = received_bytes_;
    traffic.bytes = queue_->taken_bytes();
    if (feed_) {
        traffic.messages = traffic.bytes / bulk_message_bytes_;
        traffic.lost_messages = is_gone_ ? feed_->next() - first_ - traffic.messages : 0;
        return client;
    }
    const net::EgressLedger ledger = queue_->ledger();
    traffic.messages = ledger.sent.messages;
    for (const net::EgressLedger::Count& dropped : ledger.dropped) {
        traffic.lost_messages += dropped.messages;
    }
    return client;
}

}  // namespace sluice::devices
