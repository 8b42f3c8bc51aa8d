// The inbox alone, between one thread that refuses to wait and another that takes.
#include "messaging/inbox.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "sluice/framing/frame_decoder.hpp"
#include "support/event.hpp"

namespace sluice::messaging {
namespace {

/// Makes arrivals of one message.
class Source {
  public:
    Source() : decoder_(make_framer(*Framing::parse("lines")), {}, pool_) {}

    Arrival arrival(std::size_t size, PeerId peer) {
        std::string line(size - 1, 'x');
        line += '\n';
        Buffer bytes = *pool_.acquire(line.size());
        std::ranges::copy(std::as_bytes(std::span(line)), bytes.writable().begin());
        decoder_.push(std::move(bytes), 0);
        Arrival made;
        made.peer = peer;
        EXPECT_TRUE(decoder_.next(made.batch).value());
        return made;
    }

  private:
    BufferPool pool_;
    FrameDecoder decoder_;
};

TEST(Inbox, RefusesAboveItsMarkAndTellsWhenHalfIsFree) {
    Source source;
    int told = 0;
    Inbox inbox(40, Duration(), [&] { ++told; });
    for (int i = 0; i < 4; ++i) {
        Arrival arrival = source.arrival(10, 1);
        EXPECT_TRUE(inbox.push(arrival));
    }
    Arrival refused = source.arrival(10, 1);
    EXPECT_FALSE(inbox.push(refused));
    EXPECT_FALSE(refused.batch.empty()) << "moved from on success only";
    EXPECT_TRUE(inbox.receive(SteadyTime::min()));
    EXPECT_EQ(told, 0);
    EXPECT_TRUE(inbox.receive(SteadyTime::min()));
    EXPECT_EQ(told, 1);
    EXPECT_TRUE(inbox.push(refused));
    while (inbox.receive(SteadyTime::min())) {
    }
    EXPECT_EQ(told, 1) << "nobody was refused since";
}

TEST(Inbox, WhoWasRefusedIsToldWhateverAnotherDoesMeanwhile) {
    Source source;
    std::atomic<int> told = 0;
    Inbox inbox(40, Duration(), [&] { ++told; });
    std::thread program([&] {
        while (inbox.receive(never)) {
        }
    });
    for (int round = 0; round < 20'000 && !::testing::Test::HasFailure(); ++round) {
        const int told_before = told;
        Arrival first = source.arrival(10, 1);
        while (inbox.push(first)) {
            first = source.arrival(10, 1);
        }
        Arrival second = source.arrival(10, 2);
        static_cast<void>(inbox.push(second));
        const auto deadline = std::chrono::steady_clock::now() + test::patience;
        while (told == told_before && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::yield();
        }
        EXPECT_NE(told, told_before) << "the first waits for ever";
    }
    inbox.close();
    program.join();
}

}  // namespace
}  // namespace sluice::messaging
