#include "sluice/pipeline/message.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice {
namespace {

using detail::MessageKeeper;
using detail::MessagePool;

/// Has a `clear` of its own, which keeps the memory.
struct Text {
    std::string text;

    void clear() noexcept { text.clear(); }
};

struct Plain {
    int value = 7;
};

template <typename T>
AnyMessage make(MessagePool<T>& pool, T content) {
    Draft<T> draft(pool);
    *draft = std::move(content);
    return std::move(draft).finish();
}

TEST(Message, IsSharedAndGoesBackWithTheLastShare) {
    MessagePool<Plain> pool;
    AnyMessage one = make(pool, Plain{1});
    const void* const object = one.object();
    AnyMessage two = one;
    one.reset();
    EXPECT_EQ(two.get_if<Plain>()->value, 1);
    two = AnyMessage();
    EXPECT_EQ(make(pool, Plain{2}).object(), object);
}

TEST(Message, ThatCameBackIsAsNew) {
    MessagePool<Plain> pool;
    make(pool, Plain{1}).reset();
    const Draft<Plain> draft(pool);
    EXPECT_EQ(draft->value, 7);
}

TEST(Message, ThatClearsItselfKeepsItsMemory) {
    MessagePool<Text> pool;
    make(pool, Text{std::string(1000, 'x')}).reset();
    const Draft<Text> draft(pool);
    EXPECT_TRUE(draft->text.empty());
    EXPECT_GE(draft->text.capacity(), 1000U);
}

TEST(Message, IsChargedWithItsSizeUnlessItSaysOtherwise) {
    MessagePool<Plain> pool;
    EXPECT_EQ(make(pool, Plain{1}).charge_b(), sizeof(Plain));
}

TEST(Message, IsOfItsTypeOnly) {
    MessagePool<Plain> pool;
    const AnyMessage message = make(pool, Plain{1});
    EXPECT_EQ(message.get_if<int>(), nullptr);
    EXPECT_EQ(AnyMessage().get_if<Plain>(), nullptr);
    EXPECT_EQ(message.type_name(), "(not described)");
    EXPECT_EQ(message.description(), nullptr);
    EXPECT_EQ(MessagePtr<Plain>(message)->value, 1);
    EXPECT_DEATH(MessagePtr<int>{message}, "of its type");
}

TEST(Message, KeeperCountsEveryCopyOfWhatWasKept) {
    MessagePool<Plain> pool;
    MessageKeeper keeper;
    AnyMessage message = make(pool, Plain{1});
    AnyMessage kept = message.share_for(&keeper);
    const AnyMessage copy = kept;
    EXPECT_EQ(keeper.messages, 2);
    EXPECT_EQ(keeper.bytes, static_cast<std::int64_t>(2 * sizeof(Plain)));
    const AnyMessage moved = std::move(kept);
    EXPECT_EQ(keeper.messages, 2);
    kept = copy;
    EXPECT_EQ(keeper.messages, 3);
    kept = message;
    EXPECT_EQ(keeper.messages, 2);
}

TEST(Message, AssignedToItselfStays) {
    MessagePool<Plain> pool;
    AnyMessage message = make(pool, Plain{3});
    AnyMessage& alias = message;
    message = alias;
    EXPECT_EQ(message.get_if<Plain>()->value, 3);
}

TEST(Draft, ThatIsDroppedGoesBackUnpublished) {
    MessagePool<Plain> pool;
    const Plain* first = nullptr;
    {
        Draft<Plain> draft(pool);
        first = &*draft;
        Draft<Plain> taken(std::move(draft));
        EXPECT_FALSE(draft);
        EXPECT_TRUE(taken);
    }
    const Draft<Plain> again(pool);
    EXPECT_EQ(&*again, first);
}

TEST(MessagePoolDeathTest, OutlivedByAMessageAborts) {
    EXPECT_DEATH(
        {
            AnyMessage message;
            MessagePool<Plain> pool;
            message = make(pool, Plain{1});
        },
        "outlives");
}

}  // namespace
}  // namespace sluice
