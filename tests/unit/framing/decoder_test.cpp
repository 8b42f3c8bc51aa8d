#include <gtest/gtest.h>

#include "sluice/framing/frame_decoder.hpp"
#include "sluice/framing/framing.hpp"
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

class DecoderTest : public test::DecoderFixture {
  protected:
    DecoderTest() { use(std::make_shared<LengthFramer>()); }
};

TEST_F(DecoderTest, FindsNothingInNothing) {
    EXPECT_EQ(frames(), Texts{});
    EXPECT_EQ(decoder->need_b(), 2u) << "the header";
    EXPECT_FALSE(decoder->is_length_known());
}

TEST_F(DecoderTest, FindsAllFramesThatStandTogetherInOneBatch) {
    EXPECT_EQ(frames_after_push(length_frame("one") + length_frame("") + length_frame("three")),
              (Texts{"one", "", "three"}));
    EXPECT_EQ(batches, 1);
    EXPECT_TRUE(decoder->tail().empty());
    EXPECT_EQ(ledger().frames, 3u);
    EXPECT_EQ(ledger().payload_b, 8u);
    EXPECT_EQ(ledger().overhead_b, 6u);
    EXPECT_EQ(ledger().frame_b_max, 7u);
    EXPECT_EQ(ledger().copied_b, 0u);
}

TEST_F(DecoderTest, FramesAreNotCopied) {
    const Buffer bytes = make(length_frame("one") + length_frame("two"));
    decoder->push(bytes.share(), 0);
    FrameBatch batch;
    ASSERT_TRUE(*decoder->next(batch));
    EXPECT_EQ(batch.bytes().data(), bytes.data());
    FrameReader reader(batch);
    EXPECT_EQ(reader.next()->payload.data(), bytes.data() + 2);
    EXPECT_EQ(pool.statistics().acquired, 0u);
}

TEST_F(DecoderTest, ManyFramesAreOneBatch) {
    std::string stream;
    Texts sent;
    for (int i = 0; i < 1000; ++i) {
        sent.push_back(std::to_string(i));
        stream += length_frame(sent.back());
    }
    EXPECT_EQ(frames_after_push(stream), sent);
    EXPECT_EQ(batches, 1);
}

TEST_F(DecoderTest, ABatchOutlivesWhatTheDecoderDoesNext) {
    push(length_frame("one") + length_frame("two").substr(0, 3));
    FrameBatch batch;
    ASSERT_TRUE(*decoder->next(batch));
    push(length_frame("two").substr(3));
    EXPECT_EQ(frames(), Texts{"two"});
    decoder->begin_stream();
    Texts texts;
    append_texts(batch, texts);
    EXPECT_EQ(texts, Texts{"one"});
}

TEST_F(DecoderTest, AHeaderTellsTheLengthThatIsNeeded) {
    const std::string frame = length_frame("payload");
    EXPECT_EQ(frames_after_push(frame.substr(0, 1)), Texts{});
    EXPECT_EQ(decoder->need_b(), 2u);
    EXPECT_FALSE(decoder->is_length_known());
    EXPECT_EQ(frames_after_push(frame.substr(1, 1)), Texts{});
    EXPECT_EQ(decoder->need_b(), 9u);
    EXPECT_TRUE(decoder->is_length_known());
    EXPECT_EQ(ledger().buffered_b, 2u);
    EXPECT_EQ(frames_after_push(frame.substr(2)), Texts{"payload"});
    EXPECT_EQ(decoder->need_b(), 2u);
    EXPECT_FALSE(decoder->is_length_known());
}

TEST_F(DecoderTest, FramesAreFoundWhereverTheStreamIsCut) {
    const std::string stream = length_frame("one") + length_frame("") + length_frame("three");
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        Texts found = frames_after_push(stream.substr(0, cut));
        for (const std::string& text : frames_after_push(stream.substr(cut))) {
            found.push_back(text);
        }
        EXPECT_EQ(found, (Texts{"one", "", "three"})) << "cut at " << cut;
        EXPECT_EQ(ledger().buffered_b, 0u);
    }
}

TEST_F(DecoderTest, TheTailMayBeReplacedByAnEqualCopy) {
    EXPECT_EQ(frames_after_push(length_frame("payload").substr(0, 4)), Texts{});
    decoder->tail() = make(text_of(decoder->tail().bytes()));
    EXPECT_EQ(frames_after_push("yload"), Texts{"payload"});
}

TEST_F(DecoderTest, PushingNothingHoldsNothing) {
    const Buffer bytes = make("x");
    decoder->push(bytes.slice(0, 0), 0);
    EXPECT_EQ(decoder->tail().data(), nullptr);
    EXPECT_EQ(frames(), Texts{});
}

TEST_F(DecoderTest, OffsetsCountFromTheBeginOfTheStream) {
    EXPECT_EQ(frames_after_push(length_frame("one") + "\0"), Texts{"one"});
    EXPECT_EQ(decoder->tail_offset(), 5u);
    push(length_frame("two"));
    FrameBatch batch;
    ASSERT_TRUE(*decoder->next(batch));
    EXPECT_EQ(batch.stream_offset(), 5u);
    EXPECT_EQ(decoder->tail_offset(), 10u);
    decoder->begin_stream();
    EXPECT_EQ(decoder->tail_offset(), 0u);
    push(length_frame("three"));
    ASSERT_TRUE(*decoder->next(batch));
    EXPECT_EQ(batch.stream_offset(), 0u);
}

TEST_F(DecoderTest, AStreamThatBeginsSkipsWhatIsLeftOfTheOldOne) {
    EXPECT_EQ(frames_after_push(length_frame("payload").substr(0, 4)), Texts{});
    decoder->begin_stream();
    expect_exact_ledger();
    EXPECT_EQ(ledger().skipped_b, 4u);
    EXPECT_TRUE(decoder->tail().empty());
    EXPECT_EQ(decoder->need_b(), 2u);
    EXPECT_EQ(frames_after_push(length_frame("new")), Texts{"new"});
    EXPECT_TRUE(incidents.empty());
}

TEST_F(DecoderTest, ASearchGoesOnWhereItStopped) {
    /// Needs the number of bytes that it was shown before.
    class SeenFramer final : public test::ScanOnlyFramer {
      public:
        SeenFramer() : ScanOnlyFramer(100) {}
        Scan scan(test::ByteSpan unparsed, const ScanState& state) const override {
            seen.push_back(state.seen_b);
            return Scan::need(unparsed.size() + 1);
        }
        mutable std::vector<std::size_t> seen;
    };
    const auto framer = std::make_shared<SeenFramer>();
    use(framer);
    frames_after_push("abc");
    frames_after_push("de");
    EXPECT_EQ(frames(), Texts{}) << "without asking again";
    frames_after_append("f");
    EXPECT_EQ(framer->seen, (std::vector<std::size_t>{0, 0, 3, 5}));
}

TEST_F(DecoderTest, TheMinimumOfBytesIsAwaitedWithoutAskingTheFramer) {
    class CountingFramer final : public test::ScanOnlyFramer {
      public:
        CountingFramer() : ScanOnlyFramer(100) {}
        Scan scan(test::ByteSpan unparsed, const ScanState&) const override {
            ++scans;
            return unparsed.size() < 50 ? Scan::need(50) : Scan::frame(50, 0, 50);
        }
        mutable int scans = 0;
    };
    const auto framer = std::make_shared<CountingFramer>();
    use(framer);
    for (int i = 0; i < 49; ++i) {
        frames_after_push("x");
    }
    EXPECT_EQ(framer->scans, 1);
    EXPECT_EQ(frames_after_push("x"), Texts{std::string(50, 'x')});
}

TEST_F(DecoderTest, HuntsAtTheFrontOfAStreamThatMayBeJoinedAnywhere) {
    use(std::make_shared<SyncFramer>(false), OnBadFrame::resync);
    EXPECT_EQ(frames_after_push(sync_frame("one", false)), Texts{}) << "no successor agrees";
    EXPECT_FALSE(decoder->is_length_known());
    EXPECT_EQ(frames_after_push(sync_frame("two", false)), (Texts{"one", "two"}));
    EXPECT_EQ(frames_after_push(sync_frame("three", false)), Texts{"three"});
    decoder->begin_stream();
    EXPECT_EQ(frames_after_push(sync_frame("four", false)), Texts{});
}

TEST_F(DecoderTest, HuntingEndsWithTheFirstFrame) {
    use(std::make_shared<SyncFramer>(false), OnBadFrame::resync);
    std::string stream;
    for (int i = 0; i < 65; ++i) {  // one more than are looked for at a time
        stream += sync_frame("x", false);
    }
    EXPECT_EQ(frames_after_push(stream), Texts(65, "x"));
}

TEST_F(DecoderTest, TheEndGivesTheLastFrameThatWaitedForItsSuccessor) {
    use(std::make_shared<SyncFramer>(false), OnBadFrame::resync);
    EXPECT_EQ(frames_after_push(sync_frame("one", false)), Texts{});
    EXPECT_EQ(frames_after_end(), Texts{"one"});
    EXPECT_TRUE(incidents.empty());
}

TEST_F(DecoderTest, EscapesAreUndone) {
    use(std::make_shared<EscapeFramer>());
    EXPECT_EQ(frames_after_push(escape_frame("a|b") + escape_frame("") + escape_frame("\\\\")),
              (Texts{"a|b", "", "\\\\"}));
    EXPECT_EQ(batches, 1);
    EXPECT_EQ(ledger().payload_b, 5u);
    EXPECT_EQ(ledger().overhead_b, 6u);
    EXPECT_EQ(ledger().copied_b, 5u);
    EXPECT_EQ(ledger().frame_b_max, 5u);
}

TEST_F(DecoderTest, ManyEscapedFramesFillBlocksOfASlab) {
    use(std::make_shared<EscapeFramer>());
    std::string stream;
    Texts sent;
    for (int i = 0; i < 2000; ++i) {
        sent.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(i % 90), '|'));
        stream += escape_frame(sent.back());
    }
    EXPECT_EQ(frames_after_push(stream), sent);
    const auto slabs = static_cast<int>((ledger().payload_b + 2000 * 16) / slab_b);
    EXPECT_GT(batches, slabs);
    EXPECT_LE(batches, 2 * slabs);
    EXPECT_EQ(pool.statistics().used_b, 0u);
}

TEST_F(DecoderTest, ABlockThatIsMissingForEscapesLosesNothing) {
    use(std::make_shared<EscapeFramer>());
    std::vector<Buffer> all;
    while (Result<Buffer> slab = pool.acquire_slab()) {
        all.push_back(*std::move(slab));
    }
    EXPECT_EQ(frames_after_push(escape_frame("one") + escape_frame("two")), Texts{});
    EXPECT_EQ(error, Errc::would_block);
    EXPECT_EQ(ledger().buffered_b, 8u);
    all.clear();
    EXPECT_EQ(frames(), (Texts{"one", "two"}));
}

/// A stream of frames that each are as long as the one before, but for some.
class FramesOfOneSizeTest : public DecoderTest {
  protected:
    FramesOfOneSizeTest() { begin_anew(); }

    void begin_anew() {
        use(make_framer(*Framing::parse("length:u16be,strip:2,max:1000")));
        stream.clear();
        sent.clear();
    }
    void add(std::size_t count, std::size_t body_b) {
        for (std::size_t i = 0; i < count; ++i) {
            std::string body = std::to_string(sent.size());
            body.resize(body_b, '.');
            stream += length_frame(body);
            sent.push_back(body);
        }
    }

    std::string stream;
    Texts sent;
};

TEST_F(FramesOfOneSizeTest, EachIsFoundWhereItStands) {
    for (const std::size_t count : {1u, 63u, 64u, 65u, 66u, 128u, 129u, 1000u}) {
        begin_anew();
        add(count, 5);
        EXPECT_EQ(frames_after_push(stream), sent) << count;
        EXPECT_EQ(ledger().frames, count);
        EXPECT_EQ(ledger().payload_b, 5 * count);
        EXPECT_EQ(ledger().frame_b_max, 7u);
    }
    EXPECT_EQ(batches, 8);
}

TEST_F(FramesOfOneSizeTest, OthersBetweenThemAreFoundToo) {
    for (const std::size_t count : {63u, 64u, 65u, 100u, 200u}) {
        begin_anew();
        add(count, 5);
        add(1, 20);
        add(count, 5);
        add(count, 0);
        add(count, 6);
        EXPECT_EQ(frames_after_push(stream), sent) << count;
        EXPECT_EQ(ledger().frame_b_max, 22u);
    }
}

TEST_F(FramesOfOneSizeTest, OneThatIsNotWholeWaits) {
    add(100, 5);
    Texts whole(sent.begin(), sent.end() - 1);
    EXPECT_EQ(frames_after_push(stream.substr(0, stream.size() - 1)), whole);
    EXPECT_EQ(decoder->need_b(), 7u);
    EXPECT_TRUE(decoder->is_length_known());
    EXPECT_EQ(frames_after_push("."), Texts{sent.back()});
}

TEST_F(FramesOfOneSizeTest, ABadOneBehindThemIsFound) {
    add(100, 5);
    EXPECT_EQ(frames_after_push(stream + "\xff\xff"), sent);
    EXPECT_EQ(error, Errc::bad_frame);
    EXPECT_EQ(count(FrameFault::oversize), 1u);
    EXPECT_EQ(incidents.back().stream_offset, 700u);
}

using DecoderDeathTest = DecoderTest;

/// Always gives one answer.
class FalseFramer final : public test::ScanOnlyFramer {
  public:
    explicit FalseFramer(Scan answer) : ScanOnlyFramer(10), answer_(answer) {}
    Scan scan(test::ByteSpan unparsed, const ScanState&) const override {
        return unparsed.empty() ? Scan::need(1) : answer_;
    }

  private:
    const Scan answer_;
};

TEST_F(DecoderDeathTest, AFramerThatMisbehavesAborts) {
    const std::string bytes(22, 'x');
    const auto decode_with = [&](Scan answer) {
        use(std::make_shared<FalseFramer>(answer));
        frames_after_push(bytes);
    };
    EXPECT_DEATH(decode_with(Scan::need(22)), "needs no more bytes");
    EXPECT_DEATH(decode_with(Scan::frame(23, 0, 1)), "longer than the bytes");
    EXPECT_DEATH(decode_with(Scan::frame(11, 0, 1)), "empty, too long or not there");
    EXPECT_DEATH(decode_with(Scan::frame(0, 0, 0)), "empty, too long or not there");
    EXPECT_DEATH(decode_with(Scan::frame(2, 1, 2)), "empty, too long or not there");
}

/// Frames of one byte, of which it counts more than it is asked for.
class MiscountingFramer final : public test::ScanOnlyFramer {
  public:
    MiscountingFramer() : ScanOnlyFramer(1) {}
    Scan scan(test::ByteSpan unparsed, const ScanState&) const override {
        return unparsed.empty() ? Scan::need(1) : Scan::frame(1, 0, 1);
    }
    std::size_t count_alike(test::ByteSpan, std::size_t, std::size_t frames_max) const override {
        return frames_max + 1;
    }
};

TEST_F(DecoderDeathTest, AFramerThatMiscountsAborts) {
    use(std::make_shared<MiscountingFramer>());
    EXPECT_DEATH(frames_after_push(std::string(65, 'x')), "counts more frames than there are");
}

TEST_F(DecoderDeathTest, ATailThatIsNotCarriedAborts) {
    frames_after_push(length_frame("payload").substr(0, 4));
    EXPECT_DEATH(decoder->push(make("xyz"), 0), "does not begin with the tail");
    EXPECT_DEATH(decoder->push(make("xyz"), 4), "does not begin with the tail");
}

TEST_F(DecoderDeathTest, BytesAfterTheEndAbort) {
    decoder->end_stream();
    EXPECT_DEATH(decoder->push(make("x"), 0), "after the end");
    EXPECT_DEATH(static_cast<void>(decoder->append(make("x"))), "after the end");
}

TEST_F(DecoderDeathTest, APolicyThatIsNotDecidedAborts) {
    EXPECT_DEATH(use(std::make_shared<LineFramer>(), OnBadFrame::automatic), "not decided");
}

}  // namespace
}  // namespace sluice
