/// What the tests of a Link on the simulated world do, in words.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/world.hpp"
#include "sluice/net/event_loop.hpp"
#include "sluice/net/link.hpp"
#include "tests/unit/net/egress_verbs.hpp"

namespace sluice::net {

using namespace std::chrono_literals;

inline const SocketAddress device = sim::socket_address("192.0.2.10:7502");

inline std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
        text[i] = static_cast<char>('a' + (i * 7 + i / 26) % 26);
    }
    return text;
}

inline LinkOptions options_to(std::string_view address) {
    LinkOptions options;
    options.address = *Address::parse(address);
    return options;
}

inline std::uint64_t sum(const std::array<std::uint64_t, errc_count>& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

/// A link with everything that it tells written down, and the ledgers checked at every callback.
class Watched final : public LinkHandler {
  public:
    Watched(EventLoop& loop, const LinkOptions& options)
        : loop_(loop), link(loop, options, *this) {}

    void on_packet(Packet&& packet) override {
        check();
        EXPECT_FALSE(packet.data.empty());
        EXPECT_EQ(packet.stream_offset, on_this_connection);
        on_this_connection += packet.data.size();
        received.append(reinterpret_cast<const char*>(packet.data.data()), packet.data.size());
        packets.push_back(packet.data.size());
        receive_time = packet.receive_time;
        kernel_time = packet.kernel_time;
        if (keep_packets) {
            kept.push_back(std::move(packet.data));
        }
        if (on_data) {
            on_data();
        }
    }

    bool on_starved() override {
        check();
        ++starvations;
        return give_back && give_back();
    }

    void on_resumed() override {
        check();
        if (on_resume) {
            on_resume();
        }
    }

    void on_state(const LinkStatus& status) override {
        check();
        EXPECT_EQ(status.state, link.statistics().state);
        if (status.state == LinkState::up) {
            on_this_connection = 0;
            ups.push_back(loop_.now());
        }
        if (status.state == LinkState::connecting) {
            dials.push_back(loop_.now());
        }
        states.push_back(status);
        if (on_change) {
            on_change(status.state);
        }
    }

    void check() const {
        EXPECT_FALSE(stopped) << "a callback after stop() returned";
        const LinkStatistics look = link.statistics();
        expect_balance(look.egress);
        EXPECT_EQ(look.connects, sum(look.disconnects) + (look.state == LinkState::up ? 1U : 0U));
    }

    [[nodiscard]] LinkState state() const { return link.statistics().state; }
    [[nodiscard]] Errc last_error() const {
        const std::optional<Error> error = link.statistics().last_error;
        return error ? error->code() : Errc{};
    }
    [[nodiscard]] std::uint64_t ended_as(Errc code) const {
        return link.statistics().disconnects[static_cast<std::size_t>(code)];
    }
    [[nodiscard]] std::uint64_t failed_as(Errc code) const {
        return link.statistics().failed_attempts[static_cast<std::size_t>(code)];
    }
    Result<void> push(std::string_view text) { return link.egress().try_push_copy(bytes_of(text)); }
    void stop() {
        link.stop();
        stopped = true;
    }

  private:
    EventLoop& loop_;

  public:
    std::string received;
    std::vector<std::size_t> packets;
    std::vector<Buffer> kept;
    bool keep_packets = false;
    SystemTime receive_time{};  // of the last packet
    std::optional<SystemTime> kernel_time;
    std::size_t starvations = 0;
    std::function<bool()> give_back;  // what on_starved answers
    std::vector<LinkStatus> states;
    std::vector<SteadyTime> ups;
    std::vector<SteadyTime> dials;
    std::uint64_t on_this_connection = 0;
    std::function<void()> on_data;
    std::function<void()> on_resume;
    std::function<void(LinkState)> on_change;
    bool stopped = false;
    Link link;
};

/// A world, a loop in it, and links.
class LinkTest : public testing::Test {
  protected:
    explicit LinkTest(const sim::WorldOptions& world_options = {},
                      const EventLoopOptions& loop_options = {})
        : world(world_options), loop(*EventLoop::create(loop_options)) {}
    ~LinkTest() override {
        for (const auto& watched : all_) {
            watched->kept.clear();
            watched->stop();
        }
        all_.clear();
    }

    Watched& start(const LinkOptions& options) {
        all_.push_back(std::make_unique<Watched>(*loop, options));
        all_.back()->link.start();
        return *all_.back();
    }
    Watched& start() { return start(options_to("192.0.2.10:7502")); }
    /// Started, and turned until it is up.
    Watched& connect(const LinkOptions& options) {
        Watched& watched = start(options);
        EXPECT_TRUE(turn_until([&] { return watched.state() == LinkState::up; }));
        return watched;
    }
    Watched& connect() { return connect(options_to("192.0.2.10:7502")); }

    /// Turns the loop until `done`, or until `patience` is over: then false.
    bool turn_until(const std::function<bool()>& done, Duration patience = 60s) {
        const SteadyTime end = world.now() + patience;
        while (!done()) {
            if (world.now() >= end) {
                return false;
            }
            loop->turn(end);
        }
        return true;
    }
    void turn_for(Duration span) {
        turn_until([] { return false; }, span);
    }

    void accept(std::function<void(sim::Peer)> on_connect = {}) {
        world.script(
            device,
            {.answer = sim::Answer::accept, .delay = {}, .on_connect = std::move(on_connect)});
    }
    void answer(sim::Answer how) {
        world.script(device, {.answer = how, .delay = {}, .on_connect = {}});
    }
    sim::Peer peer() { return world.peer(device); }

    sim::World world;
    std::unique_ptr<EventLoop> loop;

  private:
    std::vector<std::unique_ptr<Watched>> all_;
};

}  // namespace sluice::net
