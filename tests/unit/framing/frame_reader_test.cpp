#include <gtest/gtest.h>

#include "sluice/framing/frame_batch.hpp"
#include "unit/framing/decoder_fixture.hpp"

namespace sluice {
namespace {

using test::escape_frame;
using test::EscapeFramer;
using test::length_frame;
using test::LengthFramer;
using test::sync_frame;
using test::SyncFramer;
using test::Texts;

class FrameReaderTest : public test::DecoderFixture {
  protected:
    FrameBatch batch_of(std::shared_ptr<const Framer> framer, std::string_view stream) {
        use(std::move(framer), OnBadFrame::resync);
        push(stream);
        FrameBatch batch;
        EXPECT_TRUE(*decoder->next(batch));
        return batch;
    }
};

TEST_F(FrameReaderTest, ReadsNothingOfNothing) {
    EXPECT_EQ(FrameReader().next(), nullptr);
    const FrameBatch batch;
    FrameReader reader(batch);
    EXPECT_EQ(reader.next(), nullptr);
}

TEST_F(FrameReaderTest, TellsWhereFramesStandInTheStream) {
    const FrameBatch batch =
        batch_of(std::make_shared<SyncFramer>(), "garbage" + sync_frame("one") + sync_frame(""));
    FrameReader reader(batch);
    const Frame* frame = reader.next();
    ASSERT_NE(frame, nullptr);
    EXPECT_EQ(text_of(frame->payload), "one");
    EXPECT_EQ(frame->stream_offset, 7u);
    EXPECT_EQ(frame->wire_b, 6u);
    frame = reader.next();
    ASSERT_NE(frame, nullptr);
    EXPECT_TRUE(frame->payload.empty());
    EXPECT_EQ(frame->stream_offset, 13u);
    EXPECT_EQ(frame->wire_b, 3u);
    EXPECT_EQ(reader.next(), nullptr);
    EXPECT_EQ(reader.next(), nullptr);
}

TEST_F(FrameReaderTest, TellsWhereEscapedFramesStoodInTheStream) {
    const FrameBatch batch =
        batch_of(std::make_shared<EscapeFramer>(), escape_frame("a|b") + escape_frame("c"));
    FrameReader reader(batch);
    const Frame* frame = reader.next();
    ASSERT_NE(frame, nullptr);
    EXPECT_EQ(text_of(frame->payload), "a|b");
    EXPECT_EQ(frame->stream_offset, 0u);
    EXPECT_EQ(frame->wire_b, 5u);
    frame = reader.next();
    ASSERT_NE(frame, nullptr);
    EXPECT_EQ(text_of(frame->payload), "c");
    EXPECT_EQ(frame->stream_offset, 5u);
    EXPECT_EQ(frame->wire_b, 2u);
    EXPECT_EQ(reader.next(), nullptr);
}

TEST_F(FrameReaderTest, ReadsEveryFrameAroundTheBordersOfItsRuns) {
    for (const std::size_t count : {1u, 63u, 64u, 65u, 127u, 128u, 129u, 1000u}) {
        std::string stream;
        Texts sent;
        for (std::size_t i = 0; i < count; ++i) {
            sent.push_back(std::string(i % 7, 'x') + std::to_string(i));
            stream += length_frame(sent.back());
        }
        const FrameBatch batch = batch_of(std::make_shared<LengthFramer>(), stream + "\x01");
        EXPECT_EQ(batch.size(), count);
        Texts found;
        append_texts(batch, found);
        EXPECT_EQ(found, sent);
    }
}

TEST_F(FrameReaderTest, FindsAFrameAgainWithoutWhatFollowedIt) {
    const FrameBatch batch = batch_of(std::make_shared<SyncFramer>(false),
                                      "?" + sync_frame("one", false) + sync_frame("two", false));
    Texts found;
    append_texts(batch, found);
    EXPECT_EQ(found, (Texts{"one", "two"}));
}

TEST_F(FrameReaderTest, ABatchIsReadAsOftenAsWanted) {
    FrameBatch batch = batch_of(std::make_shared<LengthFramer>(), length_frame("one"));
    const FrameBatch moved = std::move(batch);
    for (int i = 0; i < 2; ++i) {
        Texts found;
        append_texts(moved, found);
        EXPECT_EQ(found, Texts{"one"});
    }
}

TEST_F(FrameReaderTest, AsksTheFramerOnceForManyFrames) {
    /// Bytes that are frames, found in runs only.
    class RunFramer final : public test::ScanOnlyFramer {
      public:
        RunFramer() : ScanOnlyFramer(1) {}
        Scan scan(test::ByteSpan unparsed, const ScanState&) const override {
            EXPECT_TRUE(unparsed.empty());
            return Scan::need(1);
        }
        FrameRun scan_run(test::ByteSpan unparsed, ScanState,
                          std::span<FrameExtent> extents) const override {
            ++runs;
            FrameRun run{.frames = std::min(unparsed.size(), extents.size()),
                         .bytes = std::min(unparsed.size(), extents.size()),
                         .stop = Scan::need(1)};
            run.stop.kind =
                unparsed.size() >= extents.size() ? Scan::Kind::frame : Scan::Kind::need;
            for (std::uint32_t i = 0; i < run.frames; ++i) {
                extents[i] = {.end = i + 1, .payload_begin = i, .payload_b = 1};
            }
            return run;
        }
        mutable int runs = 0;
    };
    const auto framer = std::make_shared<RunFramer>();
    const FrameBatch batch = batch_of(framer, std::string(640, 'x'));
    EXPECT_EQ(framer->runs, 11);
    Texts found;
    append_texts(batch, found);
    EXPECT_EQ(framer->runs, 11 + 10);
    EXPECT_EQ(found, Texts(640, "x"));
}

}  // namespace
}  // namespace sluice
