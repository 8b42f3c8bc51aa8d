#include "net/byte_ring.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::net {
namespace {

void push(ByteRing& ring, std::string_view text) {
    ring.push(std::as_bytes(std::span(text)));
}

std::vector<std::string_view> pieces(const ByteRing& ring, std::size_t offset, std::size_t bytes) {
    std::vector<std::string_view> found;
    ring.for_each_piece(offset, bytes, [&](std::span<const std::byte> piece) {
        found.emplace_back(reinterpret_cast<const char*>(piece.data()), piece.size());
    });
    return found;
}

std::string text(const ByteRing& ring, std::size_t offset, std::size_t bytes) {
    std::string joined;
    for (const std::string_view piece : pieces(ring, offset, bytes)) {
        EXPECT_FALSE(piece.empty());
        joined += piece;
    }
    return joined;
}

RC_GTEST_PROP(ByteRing, IsAStringThatIsReadAtItsFront, ()) {
    const auto capacity = *rc::gen::inRange<std::size_t>(1, 5000);
    ByteRing ring(capacity);
    std::string model;
    char next = 'a';
    for (int i = *rc::gen::inRange(0, 60); i > 0; --i) {
        const auto most = std::min(ring.room(), *rc::gen::inRange<std::size_t>(1, 5000));
        const auto added = *rc::gen::inRange<std::size_t>(0, most + 1);
        push(ring, std::string(added, next));
        model.append(added, next);
        next = next == 'z' ? 'a' : static_cast<char>(next + 1);
        RC_ASSERT(ring.room() == capacity - model.size());
        RC_ASSERT(text(ring, 0, model.size()) == model);
        const auto offset = *rc::gen::inRange<std::size_t>(0, model.size() + 1);
        const auto bytes = *rc::gen::inRange<std::size_t>(0, model.size() - offset + 1);
        RC_ASSERT(text(ring, offset, bytes) == model.substr(offset, bytes));
        const auto gone = *rc::gen::inRange<std::size_t>(0, model.size() + 1);
        ring.pop(gone);
        model.erase(0, gone);
    }
}

TEST(ByteRing, BytesStayWhereTheyAreWhileMoreCome) {
    ByteRing ring(100'000);
    push(ring, "first");
    const std::string_view first = pieces(ring, 0, 5).at(0);
    push(ring, std::string(50'000, '-'));
    push(ring, std::string(ring.room(), '-'));
    EXPECT_EQ(pieces(ring, 0, 5).at(0).data(), first.data());
    EXPECT_EQ(first, "first");
}

TEST(ByteRing, StandsInOnePieceOnceWhatItOutgrewIsRead) {
    ByteRing ring(100'000);
    push(ring, "first");
    push(ring, std::string(1000, '-'));
    push(ring, std::string(30'000, '-'));
    EXPECT_EQ(pieces(ring, 0, 31'005).size(), 3u);
    ring.pop(5);
    EXPECT_EQ(pieces(ring, 0, 31'000).size(), 2u);
    ring.pop(1000);
    EXPECT_EQ(pieces(ring, 0, 30'000).size(), 1u);
}

TEST(ByteRing, BeginsAtItsFrontAgainWhenItIsEmpty) {
    ByteRing ring(100);
    push(ring, "abc");
    const std::string_view front = pieces(ring, 0, 1).at(0);
    ring.pop(3);
    push(ring, "d");
    EXPECT_EQ(pieces(ring, 0, 1).at(0).data(), front.data());
}

TEST(ByteRingDeathTest, RefusesMoreThanItsCapacity) {
    ByteRing ring(3);
    push(ring, "abc");
    EXPECT_DEATH(push(ring, "d"), "push to a full byte ring");
    EXPECT_DEATH(ring.pop(4), "pop beyond the end");
}

}  // namespace
}  // namespace sluice::net
