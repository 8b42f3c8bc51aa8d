#include "net/timer_queue.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "net/event_loop_state.hpp"

namespace sluice::net {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime at(int seconds) {
    return SteadyTime(std::chrono::seconds(seconds));
}

/// The queue of a loop that does not turn: the test says what time it is.
class TimerQueueTest : public testing::Test {
  protected:
    std::unique_ptr<Timer> timer(std::string name) {
        return std::make_unique<Timer>(*loop_, [this, name = std::move(name)] { calls_ += name; });
    }
    std::string run_due(SteadyTime now) {
        calls_.clear();
        queue().run_due(now);
        return calls_;
    }
    TimerQueue& queue() { return loop_->state().timers; }

    std::unique_ptr<EventLoop> loop_ = *EventLoop::create();
    std::string calls_;
};

TEST_F(TimerQueueTest, NothingIsDueWithoutTimers) {
    EXPECT_EQ(queue().next(), never);
    EXPECT_TRUE(queue().empty());
    EXPECT_EQ(run_due(at(100)), "");
}

TEST_F(TimerQueueTest, TimersFireInTheOrderOfTheirTimes) {
    const auto a = timer("a");
    const auto b = timer("b");
    const auto c = timer("c");
    a->arm(at(3));
    b->arm(at(1));
    c->arm(at(2));
    EXPECT_EQ(queue().next(), at(1));
    EXPECT_EQ(run_due(at(0)), "");
    EXPECT_EQ(run_due(at(2)), "bc");
    EXPECT_EQ(run_due(at(3)), "a");
    EXPECT_FALSE(a->is_armed());
}

TEST_F(TimerQueueTest, TimersOfOneMomentFireInTheOrderOfArming) {
    std::vector<std::unique_ptr<Timer>> timers;
    for (const char name : std::string("abcdefghij")) {
        timers.push_back(timer(std::string(1, name)));
        timers.back()->arm(at(1));
    }
    EXPECT_EQ(run_due(at(1)), "abcdefghij");
}

TEST_F(TimerQueueTest, ArmingAgainMovesATimer) {
    const auto a = timer("a");
    const auto b = timer("b");
    a->arm(at(1));
    b->arm(at(2));
    a->arm(at(3));
    EXPECT_EQ(a->when(), at(3));
    EXPECT_EQ(run_due(at(2)), "b");
    a->arm(at(1));
    EXPECT_EQ(run_due(at(2)), "a");
    EXPECT_EQ(run_due(at(9)), "");
}

TEST_F(TimerQueueTest, ADisarmedTimerStaysSilent) {
    const auto a = timer("a");
    auto b = timer("b");
    a->arm(at(1));
    b->arm(at(1));
    a->disarm();
    a->disarm();
    b.reset();
    EXPECT_TRUE(queue().empty());
    EXPECT_EQ(run_due(at(1)), "");
}

TEST_F(TimerQueueTest, OneArmedForThePastInACallbackWaitsForTheNextTurn) {
    const auto idle = timer("idle");
    const auto later = timer("later");
    const auto due = timer("due");
    std::unique_ptr<Timer> restless;
    restless = std::make_unique<Timer>(*loop_, [&] {
        calls_ += "r";
        restless->arm(at(0));
    });
    idle->arm(at(100));
    later->arm(at(200));
    restless->arm(at(1));
    due->arm(at(1));
    EXPECT_EQ(run_due(at(1)), "rdue");
    EXPECT_EQ(run_due(at(1)), "r");
}

TEST_F(TimerQueueTest, ATimerMayBeDestroyedInItsOwnCallback) {
    std::unique_ptr<Timer> own;
    own = std::make_unique<Timer>(*loop_, [this, &own] {
        own.reset();
        calls_ += "gone";
    });
    own->arm(at(1));
    EXPECT_EQ(run_due(at(1)), "gone");
    EXPECT_TRUE(queue().empty());
}

TEST_F(TimerQueueTest, ACallbackMayTakeAnotherDueTimerAway) {
    auto victim = timer("victim");
    Timer killer(*loop_, [&victim] { victim.reset(); });
    killer.arm(at(1));
    victim->arm(at(1));
    EXPECT_EQ(run_due(at(1)), "");
}

RC_GTEST_PROP(TimerQueueProperty, BehavesLikeASortedList, ()) {
    const std::unique_ptr<EventLoop> loop = *EventLoop::create();
    TimerQueue& queue = loop->state().timers;
    std::vector<std::size_t> called;
    std::vector<std::unique_ptr<Timer>> timers;
    for (std::size_t i = 0; i < 12; ++i) {
        timers.push_back(std::make_unique<Timer>(*loop, [&called, i] { called.push_back(i); }));
    }
    std::vector<std::pair<SteadyTime, std::size_t>> model;  // in the order of arming
    const auto forget = [&model](std::size_t which) {
        std::erase_if(model, [which](const auto& entry) { return entry.second == which; });
    };
    const auto steps = *rc::gen::inRange(0, 100);
    for (int step = 0; step < steps; ++step) {
        const auto which = *rc::gen::inRange<std::size_t>(0, timers.size());
        const SteadyTime time = at(*rc::gen::inRange(0, 20));
        switch (*rc::gen::inRange(0, 4)) {
            case 0:
                timers[which]->disarm();
                forget(which);
                break;
            case 1: {
                std::ranges::stable_sort(model, {}, &std::pair<SteadyTime, std::size_t>::first);
                std::vector<std::size_t> expected;
                while (!model.empty() && model.front().first <= time) {
                    expected.push_back(model.front().second);
                    model.erase(model.begin());
                }
                called.clear();
                queue.run_due(time);
                RC_ASSERT(called == expected);
                break;
            }
            default:
                timers[which]->arm(time);
                forget(which);
                model.emplace_back(time, which);
        }
        const auto next = std::ranges::min_element(model);
        RC_ASSERT(queue.next() == (model.empty() ? never : next->first));
    }
}

}  // namespace
}  // namespace sluice::net
