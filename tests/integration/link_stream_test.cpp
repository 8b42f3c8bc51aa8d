#include "sluice/net/link.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <map>
#include <numeric>
#include <random>
#include <utility>

#include "support/links.hpp"
#include "support/loopback_device.hpp"
#include "support/stress_size.hpp"

namespace sluice::test {
namespace {

using net::LinkState;

/// The stream of connection n is the words n << 40, (n << 40) + 1, ... in the machine's order, so
/// that a byte that is lost, doubled, moved, or of another connection shows.
constexpr std::size_t word_bytes = 8;

constexpr std::uint64_t word_of(std::uint64_t connection, std::uint64_t index) {
    return (connection << 40U) + index;
}

using Words = std::array<std::uint64_t, 8192>;

/// The words of the connection from `index` on.
void fill(std::span<std::uint64_t> words, std::uint64_t connection, std::uint64_t index) {
    std::iota(words.begin(), words.end(), word_of(connection, index));
}

enum class Ending : std::uint8_t { orderly, reset };

/// What the device did on one connection.
struct Sent {
    std::uint64_t bytes = 0;
    Ending ending = Ending::orderly;
};

/// Sends counter streams until it has sent `total` bytes, ending connections at random points.
class CounterDevice {
  public:
    CounterDevice(std::uint64_t total, std::uint64_t seed) : left_(total), random_(seed) {}

    void serve(DeviceConnection& connection, std::size_t number) {
        if (left_ == 0) {
            // The link dials when it has read the last connection to its end.
            all_delivered_.set();
            connection.drain();
            return;
        }
        Sent& sent = sent_[number];
        const std::uint64_t wished = std::min<std::uint64_t>(left_, random_() % bytes_max + 1);
        left_ -= wished;
        Words words;
        while (sent.bytes < wished) {
            const std::size_t skip = sent.bytes % word_bytes;
            fill(words, number, sent.bytes / word_bytes);
            const auto bytes = std::as_bytes(std::span(words)).subspan(skip);
            const std::size_t size = std::min<std::uint64_t>(bytes.size(), wished - sent.bytes);
            const std::size_t taken = connection.send(bytes.first(size));
            sent.bytes += taken;
            if (taken < size) {
                return;  // the link was stopped
            }
        }
        if (random_() % 2 == 0) {
            sent.ending = Ending::reset;
            connection.reset();
        }
    }

    [[nodiscard]] bool wait_all_delivered() { return all_delivered_.wait(stress_patience()); }
    /// By the number of the connection. After the device was stopped.
    [[nodiscard]] const std::map<std::uint64_t, Sent>& sent() const { return sent_; }

  private:
    static constexpr std::uint64_t bytes_max = 8 * 1024 * 1024;

    std::uint64_t left_;
    std::mt19937_64 random_;
    std::map<std::uint64_t, Sent> sent_;
    Event all_delivered_;
};

/// Compares what arrives with the counter stream of its connection.
class CounterHandler final : public net::LinkHandler {
  public:
    void on_packet(net::Packet&& packet) override {
        is_right_ = is_right_ && packet.stream_offset == offset_;
        check(packet.data.bytes());
        received_ += packet.data.size();
    }

    void on_state(const net::LinkStatus& status) override {
        if (status.state == LinkState::up) {
            offset_ = 0;
        } else if (status.state == LinkState::waiting && offset_ >= word_bytes) {
            arrived_[connection_] = std::exchange(offset_, 0);
        }
    }

    [[nodiscard]] std::uint64_t received() const { return received_; }
    /// Bytes by the device's number of the connection. After the link was stopped.
    [[nodiscard]] const std::map<std::uint64_t, std::uint64_t>& arrived() const { return arrived_; }
    [[nodiscard]] bool is_right() const { return is_right_; }

  private:
    void check(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            const std::size_t part = offset_ < word_bytes ? take_first_word(bytes) : compare(bytes);
            offset_ += part;
            bytes = bytes.subspan(part);
        }
    }
    /// The first word, which may come in parts, says which connection of the device it is.
    std::size_t take_first_word(std::span<const std::byte> bytes) {
        const std::size_t part = std::min<std::size_t>(bytes.size(), word_bytes - offset_);
        std::memcpy(first_word_.data() + offset_, bytes.data(), part);
        if (offset_ + part == word_bytes) {
            std::uint64_t word = 0;
            std::memcpy(&word, first_word_.data(), sizeof word);
            connection_ = word >> 40U;
            is_right_ =
                is_right_ && word == word_of(connection_, 0) && arrived_.count(connection_) == 0;
        }
        return part;
    }
    std::size_t compare(std::span<const std::byte> bytes) {
        const std::size_t skip = offset_ % word_bytes;
        const std::size_t part = std::min(bytes.size(), sizeof expected_ - skip);
        const std::span<std::uint64_t> words =
            std::span(expected_).first((skip + part + word_bytes - 1) / word_bytes);
        fill(words, connection_, offset_ / word_bytes);
        const auto expected = std::as_bytes(words).subspan(skip);
        is_right_ = is_right_ && std::memcmp(bytes.data(), expected.data(), part) == 0;
        return part;
    }

    std::uint64_t offset_ = 0;  // in the stream of the present connection
    std::uint64_t connection_ = 0;
    std::array<std::byte, word_bytes> first_word_{};
    Words expected_{};
    std::map<std::uint64_t, std::uint64_t> arrived_;
    std::atomic<bool> is_right_ = true;
    std::atomic<std::uint64_t> received_ = 0;
};

std::uint64_t sum(const std::array<std::uint64_t, errc_count>& counts) {
    std::uint64_t total = 0;
    for (const std::uint64_t count : counts) {
        total += count;
    }
    return total;
}

/// Looks at the statistics without a pause until it is stopped; each look must add up.
class Looker {
  public:
    Looker(const net::Link& link, const CounterHandler& handler)
        : link_(link), handler_(handler), thread_([this] { look_all_the_time(); }) {}
    ~Looker() {
        end_ = true;
        thread_.join();
    }
    [[nodiscard]] std::uint64_t looks() const { return looks_; }

  private:
    void look_all_the_time() {
        while (!end_) {
            const std::uint64_t handled_before = handler_.received();
            const net::LinkStatistics look = link_.statistics();
            const std::uint64_t handled_after = handler_.received();
            // A packet is counted, then handed over.
            ASSERT_GE(look.received_bytes, handled_before);
            ASSERT_LE(look.received_bytes, handled_after + look.largest_packet_bytes);
            const std::uint64_t ended = sum(look.disconnects);
            ASSERT_GE(look.connects, ended);
            ASSERT_LE(look.connects, ended + 1);
            ASSERT_EQ(look.connects, look.connection);
            ASSERT_EQ(look.state == LinkState::up, look.connects == ended + 1);
            const std::uint64_t decided = look.connects + sum(look.failed_attempts);
            ASSERT_GE(look.attempts, decided);
            ASSERT_LE(look.attempts, decided + 1);
            ASSERT_GE(look.received_bytes, look.received_packets);
            ++looks_;
            std::this_thread::yield();
        }
    }

    const net::Link& link_;
    const CounterHandler& handler_;
    std::atomic<bool> end_ = false;
    std::atomic<std::uint64_t> looks_ = 0;
    std::thread thread_;
};

TEST(LinkStreamTest, EveryConnectionBringsAnExactPrefixOfWhatWasSentOnIt) {
    CounterDevice script(stress_bytes(), 20'240'611);
    LoopbackDevice device([&](DeviceConnection& connection, std::size_t number) {
        script.serve(connection, number);
    });
    CounterHandler handler;
    const std::unique_ptr<net::EventLoopThread> loop = start_loop();
    net::Link link(loop->loop(), link_options(device.address()), handler);
    {
        const Looker looker(link, handler);
        link.start();
        ASSERT_TRUE(script.wait_all_delivered());
        EXPECT_GT(looker.looks(), 0U);
    }
    link.stop();
    device.leave();
    EXPECT_TRUE(handler.is_right());
    std::uint64_t connections_whole = 0;
    for (const auto& [number, sent] : script.sent()) {
        const auto found = handler.arrived().find(number);
        const std::uint64_t arrived = found == handler.arrived().end() ? 0 : found->second;
        EXPECT_LE(arrived, sent.bytes) << "connection " << number;
        if (sent.ending == Ending::orderly && sent.bytes >= word_bytes) {
            EXPECT_EQ(arrived, sent.bytes) << "connection " << number;
            ++connections_whole;
        }
    }
    EXPECT_GT(connections_whole, 0U);
    EXPECT_LE(handler.arrived().size(), script.sent().size());
}

}  // namespace
}  // namespace sluice::test
