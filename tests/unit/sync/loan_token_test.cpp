#include "sluice/sync/loan_token.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace sluice::sync {
namespace {

TEST(LoanToken, IsHeldByOneAtATime) {
    LoanToken token;
    EXPECT_TRUE(token.try_borrow());
    EXPECT_FALSE(token.try_borrow());
    EXPECT_FALSE(token.give_back()) << "the owner did not ask";
    EXPECT_TRUE(token.take_or_ask());
    EXPECT_FALSE(token.try_borrow());
    token.release();
    EXPECT_TRUE(token.try_borrow());
}

TEST(LoanToken, BorrowerLearnsThatTheOwnerAsked) {
    LoanToken token;
    ASSERT_TRUE(token.try_borrow());
    EXPECT_FALSE(token.take_or_ask());
    EXPECT_FALSE(token.take_or_ask()) << "asking again takes nothing";
    EXPECT_TRUE(token.give_back());
    ASSERT_TRUE(token.try_borrow());
    EXPECT_FALSE(token.give_back()) << "it was told once";
}

TEST(LoanToken, OwnerMayTakeWhatItHolds) {
    LoanToken token;
    ASSERT_TRUE(token.take_or_ask());
    token.take();
    token.release();
    EXPECT_FALSE(token.try_borrow()) << "taken twice, released once";
    token.release();
    EXPECT_TRUE(token.try_borrow());
}

TEST(LoanToken, OwnerWaitsForTheBorrower) {
    LoanToken token;
    int used = 0;
    ASSERT_TRUE(token.try_borrow());
    std::atomic<bool> is_waiting = false;
    std::thread owner([&] {
        is_waiting = true;
        token.take();
        EXPECT_EQ(used, 1);
        token.release();
    });
    while (!is_waiting) {
        std::this_thread::yield();
    }
    used = 1;
    static_cast<void>(token.give_back());
    owner.join();
}

RC_GTEST_PROP(LoanTokenModel, EveryHistoryIsThatOfAFlagAndACount, ()) {
    LoanToken token;
    bool is_borrowed = false;
    bool is_asked = false;
    int taken = 0;
    const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4));
    for (const int step : steps) {
        if (step == 0) {
            const bool expected = !is_borrowed && taken == 0;
            RC_ASSERT(token.try_borrow() == expected);
            is_borrowed = is_borrowed || expected;
        } else if (step == 1 && is_borrowed) {
            RC_ASSERT(token.give_back() == is_asked);
            is_borrowed = is_asked = false;
        } else if (step == 2) {
            RC_ASSERT(token.take_or_ask() == !is_borrowed);
            taken += is_borrowed ? 0 : 1;
            is_asked = is_borrowed;
        } else if (step == 3 && taken > 0) {
            token.release();
            --taken;
        }
    }
}

TEST(LoanTokenThreads, HoldersSeeWhatTheOnesBeforeDidAndNoAskingIsForgotten) {
    constexpr int borrowers_count = 3;
    constexpr int uses_each = 20'000;
    LoanToken token;
    Parker wake;  // the owner's
    int uses = 0;
    std::vector<std::thread> borrowers;
    for (int i = 0; i < borrowers_count; ++i) {
        borrowers.emplace_back([&] {
            for (int used = 0; used < uses_each;) {
                if (!token.try_borrow()) {
                    std::this_thread::yield();
                    continue;
                }
                ++uses;
                ++used;
                if (token.give_back()) {
                    wake.unpark_all();
                }
            }
        });
    }
    for (int used = 0; used < uses_each; ++used) {
        if (used % 16 == 0) {
            token.take();
        } else {
            for (bool has_it = false; !has_it;) {
                const Parker::Ticket ticket = wake.prepare();
                has_it = token.take_or_ask();
                if (has_it) {
                    wake.cancel();
                } else {
                    wake.park(ticket);  // forgotten, it leaves the test here until its time-out
                }
            }
        }
        ++uses;
        token.release();
    }
    for (std::thread& borrower : borrowers) {
        borrower.join();
    }
    EXPECT_EQ(uses, (borrowers_count + 1) * uses_each);
}

}  // namespace
}  // namespace sluice::sync
