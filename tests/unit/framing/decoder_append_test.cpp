/// Bytes that cannot be received behind the tail, and the memory that is held for a peer.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>

#include "sluice/buffers/receive_buffer.hpp"
#include "sluice/framing/frame_decoder.hpp"
#include "unit/framing/decoder_fixture.hpp"

namespace sluice {
namespace {

using test::escape_frame;
using test::EscapeFramer;
using test::length_frame;
using test::LengthFramer;
using test::LineFramer;
using test::sync_frame;
using test::SyncFramer;
using test::Texts;

class DecoderAppendTest : public test::DecoderFixture {
  protected:
    DecoderAppendTest() { use(std::make_shared<LengthFramer>()); }

    std::vector<Buffer> take_all() {
        std::vector<Buffer> all;
        for (const std::size_t bytes : {pool.slab_capacity(), std::size_t{1}}) {
            while (Result<Buffer> block = pool.acquire(bytes)) {
                all.push_back(*std::move(block));
            }
        }
        return all;
    }
};

TEST_F(DecoderAppendTest, BytesBehindNothingAreNotCopied) {
    const Buffer bytes = make(length_frame("one"));
    ASSERT_TRUE(decoder->append(bytes));
    FrameBatch batch;
    ASSERT_TRUE(*decoder->next(batch));
    EXPECT_EQ(batch.bytes().data(), bytes.data());
    EXPECT_EQ(ledger().copied_b, 0u);
}

TEST_F(DecoderAppendTest, NeighboursAreJoinedWithoutACopy) {
    ReceiveBuffer receiver(sources, 1000);
    BufferAccount account = *sources.open_account(slab_b);
    const auto receive = [&](std::string_view text) {
        std::ranges::copy(std::as_bytes(std::span(text)), receiver.writable(account)->begin());
        return receiver.take(text.size(), account);
    };
    const std::string stream = length_frame("one") + length_frame("two");
    Texts found;
    for (std::size_t i = 0; i < stream.size(); ++i) {
        ASSERT_TRUE(decoder->append(receive(stream.substr(i, 1))));
        for (const std::string& text : frames()) {
            found.push_back(text);
        }
    }
    EXPECT_EQ(found, (Texts{"one", "two"}));
    EXPECT_EQ(ledger().copied_b, 0u);
    EXPECT_EQ(pool.statistics().acquired, 0u);
}

TEST_F(DecoderAppendTest, OnlyThePendingFrameIsCopied) {
    const Buffer begin = make(length_frame("payload").substr(0, 4));
    ASSERT_TRUE(decoder->append(begin));
    EXPECT_EQ(frames(), Texts{});
    const Buffer rest = make("yload" + length_frame("two") + length_frame("three"));
    ASSERT_TRUE(decoder->append(rest));
    FrameBatch batch;
    ASSERT_TRUE(*decoder->next(batch));
    EXPECT_EQ(batch.size(), 1u);
    EXPECT_EQ(batch.bytes().size(), 9u);
    ASSERT_TRUE(*decoder->next(batch));
    EXPECT_EQ(batch.size(), 2u);
    EXPECT_EQ(batch.bytes().data(), rest.data() + 5);
    EXPECT_FALSE(*decoder->next(batch));
    EXPECT_EQ(ledger().copied_b, 9u);
}

TEST_F(DecoderAppendTest, OnlyThePendingLineIsUsedOfWhatIsCopied) {
    use(std::make_shared<LineFramer>());
    EXPECT_EQ(frames_after_append("on"), Texts{});
    const Buffer rest = make("e\ntwo\nthree\nfo");
    ASSERT_TRUE(decoder->append(rest));
    FrameBatch batch;
    ASSERT_TRUE(*decoder->next(batch));
    EXPECT_EQ(batch.bytes().size(), 4u);
    ASSERT_TRUE(*decoder->next(batch));
    EXPECT_EQ(batch.size(), 2u);
    EXPECT_EQ(batch.bytes().data(), rest.data() + 2);
    EXPECT_FALSE(*decoder->next(batch));
    EXPECT_EQ(decoder->tail().data(), rest.data() + 12);
}

TEST_F(DecoderAppendTest, FramesAreFoundWhereverTheStreamIsCutInThree) {
    const std::string stream = length_frame("one") + length_frame("") + length_frame("three");
    for (std::size_t first = 0; first <= stream.size(); ++first) {
        for (std::size_t second = first; second <= stream.size(); ++second) {
            Texts found;
            for (const std::string& piece :
                 {stream.substr(0, first), stream.substr(first, second - first),
                  stream.substr(second)}) {
                for (const std::string& text : frames_after_append(piece)) {
                    found.push_back(text);
                }
            }
            EXPECT_EQ(found, (Texts{"one", "", "three"})) << first << ' ' << second;
            EXPECT_EQ(pool.statistics().used_b, 0u);
            EXPECT_EQ(sources.statistics().used_b, 0u);
        }
    }
}

TEST_F(DecoderAppendTest, AKnownLengthIsMovedOnce) {
    use(std::make_shared<LengthFramer>(2, 60'000));
    const std::string frame = length_frame(std::string(50'000, 'x'));
    for (std::size_t i = 0; i + 100 < frame.size(); i += 100) {
        EXPECT_EQ(frames_after_append(frame.substr(i, 100)), Texts{});
    }
    EXPECT_EQ(frames_after_append(frame.substr(frame.size() / 100 * 100)),
              Texts{std::string(50'000, 'x')});
    EXPECT_EQ(ledger().copied_b, frame.size());
}

TEST_F(DecoderAppendTest, AnUnknownLengthIsMovedAFewTimesOnly) {
    use(std::make_shared<LineFramer>(100'000));
    const std::string line(99'999, 'x');  // twice as much would not fit into any block
    for (std::size_t i = 0; i < line.size(); i += 100) {
        EXPECT_EQ(frames_after_append(line.substr(i, 100)), Texts{});
    }
    EXPECT_EQ(frames_after_append("\n"), Texts{line});
    EXPECT_LT(ledger().copied_b, 4 * line.size());
}

TEST_F(DecoderAppendTest, ABlockThatNobodySharesIsFilledUp) {
    EXPECT_EQ(frames_after_append(length_frame("payload").substr(0, 4)), Texts{});
    const std::byte* const place = decoder->tail().data();
    append("yload");
    FrameBatch batch;
    ASSERT_TRUE(*decoder->next(batch));
    EXPECT_EQ(batch.bytes().data(), place);
    EXPECT_EQ(ledger().copied_b, 5u);
    EXPECT_EQ(pool.statistics().acquired, 0u);
}

TEST_F(DecoderAppendTest, WithoutABlockNothingIsTaken) {
    const Buffer begin = make(length_frame("payload").substr(0, 4));
    ASSERT_TRUE(decoder->append(begin));
    EXPECT_EQ(frames(), Texts{});
    std::vector<Buffer> all = take_all();
    const Result<void> appended = decoder->append(make("yload"));
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().code(), Errc::would_block);
    EXPECT_EQ(ledger().received_b, 4u);
    EXPECT_EQ(frames(), Texts{});
    all.clear();
    EXPECT_EQ(frames_after_append("yload"), Texts{"payload"});
}

TEST_F(DecoderAppendTest, WithoutALargerBlockTheFrameIsFoundLater) {
    EXPECT_EQ(frames_after_append(length_frame(std::string(900, 'x')).substr(0, 1)), Texts{});
    Buffer small = *pool.acquire(1);
    std::vector<Buffer> all = take_all();
    small.reset();
    append(length_frame(std::string(900, 'x')).substr(1) + length_frame("two"));
    EXPECT_EQ(frames(), Texts{});
    EXPECT_EQ(error, Errc::would_block);
    EXPECT_EQ(frames(), Texts{});
    EXPECT_EQ(ledger().buffered_b, 907u);
    all.clear();
    EXPECT_EQ(frames(), (Texts{std::string(900, 'x'), "two"}));
}

TEST_F(DecoderAppendTest, EscapedFramesAreFoundInPieces) {
    use(std::make_shared<EscapeFramer>());
    const std::string stream = escape_frame("a|b") + escape_frame("\\c") + escape_frame("d");
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        Texts found = frames_after_append(stream.substr(0, cut));
        for (const std::string& text : frames_after_append(stream.substr(cut))) {
            found.push_back(text);
        }
        EXPECT_EQ(found, (Texts{"a|b", "\\c", "d"})) << cut;
    }
}

TEST_F(DecoderAppendTest, GarbageIsSkippedInPieces) {
    use(std::make_shared<SyncFramer>(), OnBadFrame::resync);
    const std::string stream = sync_frame("one") + "\xa5\x10garbage" + sync_frame("two") + "\xa5";
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        decoder->begin_stream();
        Texts found = frames_after_append(stream.substr(0, cut));
        for (const std::string& text : frames_after_append(stream.substr(cut))) {
            found.push_back(text);
        }
        for (const std::string& text : frames_after_end()) {
            found.push_back(text);
        }
        EXPECT_EQ(found, Texts{"one"}) << "the end cuts off what agrees with the false header";
        decoder->begin_stream();
        found = frames_after_append(stream.substr(0, cut));
        for (const std::string& text : frames_after_append(stream.substr(cut) + "0123456789")) {
            found.push_back(text);
        }
        EXPECT_EQ(found, (Texts{"one", "two"})) << cut;
    }
}

TEST_F(DecoderAppendTest, TheEndReachesWhatWasAppended) {
    use(std::make_shared<SyncFramer>(false), OnBadFrame::resync);
    const std::string frame = sync_frame("one", false);
    EXPECT_EQ(frames_after_append(frame.substr(0, 3)), Texts{});
    append(frame.substr(3));
    EXPECT_EQ(frames_after_end(), Texts{"one"});
    decoder->begin_stream();
    EXPECT_EQ(frames_after_append(frame.substr(0, 3)), Texts{});
    append("n");
    EXPECT_EQ(frames_after_end(), Texts{});
    EXPECT_EQ(count(FrameFault::truncated), 1u);
    EXPECT_EQ(ledger().buffered_b, 0u);
}

TEST_F(DecoderAppendTest, TheEndIsBehindAllThatWasAppended) {
    use(std::make_shared<SyncFramer>(false), OnBadFrame::resync);
    EXPECT_EQ(frames_after_append("\xa5"), Texts{});
    append("\x03onex");
    EXPECT_EQ(frames_after_end(), Texts{}) << "another byte than a sync follows the frame";
    EXPECT_EQ(count(FrameFault::bad_sync), 1u);
}

TEST_F(DecoderAppendTest, PushFollowsWhatWasAppended) {
    EXPECT_EQ(frames_after_append(length_frame("payload").substr(0, 4)), Texts{});
    EXPECT_EQ(frames_after_append("yl"), Texts{});
    EXPECT_EQ(frames_after_push("oad" + length_frame("two")), (Texts{"payload", "two"}));
    EXPECT_EQ(pool.statistics().used_b, 0u);
}

TEST_F(DecoderAppendTest, NothingAppendedChangesNothing) {
    EXPECT_EQ(frames_after_append(length_frame("payload").substr(0, 4)), Texts{});
    ASSERT_TRUE(decoder->append(Buffer()));
    EXPECT_EQ(frames(), Texts{});
    EXPECT_EQ(ledger().copied_b, 0u);
}

using DecoderAppendDeathTest = DecoderAppendTest;

TEST_F(DecoderAppendDeathTest, BytesBeforeTheAppendedOnesAreReadAbort) {
    EXPECT_EQ(frames_after_append(length_frame("payload").substr(0, 4)), Texts{});
    append("yl");
    EXPECT_DEATH(push("oad"), "before next");
    EXPECT_DEATH(static_cast<void>(decoder->append(make("oad"))), "before next");
}

/// What a peer makes the decoder hold.
class DecoderMemoryTest : public DecoderAppendTest {
  protected:
    /// Of the block of eight slabs whose payload begins with `bytes`.
    static std::size_t touched_pages(const Buffer& bytes) {
        std::array<unsigned char, 8 * slab_b / 4096> is_resident{};
        std::byte* const block = const_cast<std::byte*>(bytes.data()) - 64;
        EXPECT_EQ(mincore(block, 8 * slab_b, is_resident.data()), 0);
        return static_cast<std::size_t>(std::ranges::count_if(
            is_resident, [](unsigned char page) { return (page & 1U) != 0; }));
    }
};

// nanomsg 461, CVE-2026-45416: nothing is allocated for a length that is only claimed.
TEST_F(DecoderMemoryTest, AClaimOfTwoToThe63HoldsNothing) {
    use(std::make_shared<LengthFramer>(8, 100'000), OnBadFrame::close, OnOversize::skip);
    EXPECT_EQ(frames_after_append(std::string("\x80\0\0\0\0\0\0\0", 8)), Texts{});
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(frames_after_append(std::string(1000, 'x')), Texts{});
        EXPECT_EQ(sources.statistics().used_b, 0u);
    }
    EXPECT_EQ(pool.statistics().mapped_b, 0u);
}

TEST_F(DecoderMemoryTest, AClaimOfTheMaximumReservesItsBlockAndNoMore) {
    use(std::make_shared<LengthFramer>(4, 100'000));
    const std::string frame = length_frame(std::string(99'996, 'x'), 4);
    EXPECT_EQ(frames_after_append(frame.substr(0, 50)), Texts{});
    EXPECT_TRUE(decoder->is_length_known());
    EXPECT_EQ(decoder->need_b(), 100'000u);
    EXPECT_EQ(pool.statistics().used_b, 0u) << "a tail stays where it was received";
    EXPECT_EQ(frames_after_append(frame.substr(50, 50)), Texts{});
    EXPECT_EQ(pool.statistics().used_b, 8 * slab_b);
    EXPECT_EQ(pool.statistics().blocks, 1u);
    EXPECT_EQ(sources.statistics().used_b, 0u) << "the slab is let go";
    EXPECT_EQ(touched_pages(decoder->tail()), 1u);
    decoder->begin_stream();
    EXPECT_EQ(pool.statistics().used_b, 0u);
}

TEST_F(DecoderMemoryTest, AFrameIsHeldInProportionToItsBytes) {
    use(std::make_shared<LineFramer>(100'000));
    for (std::size_t sent = 10; sent < 90'000; sent += 10) {
        EXPECT_EQ(frames_after_append(std::string(10, 'x')), Texts{});
        EXPECT_LE(pool.statistics().used_b, slab_b + 4 * sent);
        EXPECT_LE(sources.statistics().used_b, slab_b);
    }
}

}  // namespace
}  // namespace sluice
