// Everything at once, by seed: what comes true in every history, and that a seed gives one.
#include <string>

#include "tests/unit/net/link_verbs.hpp"

namespace sluice::net {
namespace {

sim::WorldOptions seeded(std::uint64_t seed) {
    sim::WorldOptions options;
    options.seed = seed;
    return options;
}

/// One minute of a device that comes and goes, in a world where every call may go wrong.
class StormyLink final : public LinkTest {
  public:
    explicit StormyLink(std::uint64_t seed, EgressPolicy policy) : LinkTest(seeded(seed)) {
        world.network().jitter = 3ms;
        world.faults().short_read_percent = 50;
        world.faults().short_read_b_max = 700;
        world.faults().short_write_percent = 50;
        world.faults().short_write_b_max = 100;
        world.faults().spurious_readiness_percent = 30;
        world.faults().would_block_first = seed % 2 == 0;
        world.faults().no_descriptor_percent = 10;
        options_ = options_to("192.0.2.10:7502");
        options_.egress = {.policy = policy, .buffer_size_b = 4000, .copy_below_b = 64};
        options_.on_connect.assign(bytes_of("HELLO\n").begin(), bytes_of("HELLO\n").end());
        options_.data_receive_timeout = 10s;
        accept([this](sim::Peer connected) {
            connected.send(pattern(static_cast<std::size_t>(world.random() % 20'000)));
        });
    }
    void TestBody() override {}

    std::uint64_t run() {
        Watched& link = start(options_);
        std::size_t begun = 0;
        link.on_change = [&](LinkState state) {
            if (state == LinkState::up) {
                begun = link.received.size();
            }
        };
        link.on_data = [&] {
            const std::size_t size = link.received.size() - begun;
            EXPECT_TRUE(link.received.substr(begun) == pattern(size)) << "the exact prefix";
        };
        for (int step = 0; step < 60; ++step) {
            do_something(link);
            turn_for(std::chrono::milliseconds(world.random() % 2000));
            link.check();
        }
        EXPECT_GT(link.link.statistics().connects, 0U);
        link.stop();
        for (const sim::Peer& each : world.peers(device)) {
            EXPECT_TRUE(each.received().starts_with("HELLO\n") ||
                        std::string_view("HELLO\n").starts_with(each.received()));
        }
        return world.trace_hash();
    }

  private:
    void do_something(Watched& link) {
        const std::uint64_t choice = world.random() % 12;
        const bool connected = !world.peers(device).empty() && peer().is_connected();
        if (choice == 0 && connected) {
            peer().reset();
        } else if (choice == 1 && connected) {
            peer().close();
        } else if (choice == 2) {
            link.link.pause();
        } else if (choice == 3) {
            link.link.resume();
        } else if (choice == 4 && connected) {
            peer().stop_reading();
        } else if (choice == 5 && connected) {
            peer().start_reading();
        } else {
            for (std::uint64_t i = world.random() % 5; i > 0; --i) {
                static_cast<void>(link.push(pattern(world.random() % 1500)));
            }
        }
    }

    LinkOptions options_;
};

TEST(LinkSeeds, TheLedgerIsExactAndTheBytesAreRightInEveryStorm) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        for (const EgressPolicy policy : {EgressPolicy::drop, EgressPolicy::keep}) {
            StormyLink storm(seed, policy);
            storm.run();
        }
        if (testing::Test::HasFailure()) {
            break;
        }
    }
}

TEST(LinkSeeds, ASeedGivesOneHistory) {
    const auto history = [](std::uint64_t seed) {
        return StormyLink(seed, EgressPolicy::wait).run();
    };
    EXPECT_EQ(history(7), history(7));
    EXPECT_NE(history(7), history(8));
}

}  // namespace
}  // namespace sluice::net
