#include <gtest/gtest.h>

#include "sluice/framing/frame_decoder.hpp"
#include "support/count_allocations.hpp"
#include "support/test_framers.hpp"

namespace sluice {
namespace {

using test::escape_frame;
using test::EscapeFramer;
using test::length_frame;
using test::LengthFramer;
using test::sync_frame;
using test::SyncFramer;

class DecoderAllocationTest : public testing::Test {
  protected:
    /// What the second of two equal rounds allocates, of a stream with a broken frame in it that
    /// comes in pieces of every size.
    std::size_t in_steady_state(std::shared_ptr<const Framer> framer, const std::string& stream) {
        FrameDecoder decoder(std::move(framer),
                             {.on_bad_frame = OnBadFrame::resync,
                              .on_oversize = OnOversize::skip,
                              .on_incident = [this](const FramingIncident&) { ++incidents_; }},
                             pool_);
        std::size_t before = 0;
        for (int round = 0; round < 2; ++round) {
            before = test::allocations;
            for (std::size_t size = 1; size < 50; ++size) {
                decoder.begin_stream();
                for (std::size_t begin = 0; begin < stream.size(); begin += size) {
                    feed(decoder, std::string_view(stream).substr(begin, size));
                }
                decoder.end_stream();
                read(decoder);
            }
        }
        return test::allocations - before;
    }

    void feed(FrameDecoder& decoder, std::string_view piece) {
        const Buffer bytes = copy_of({}, piece);
        EXPECT_TRUE(decoder.append(bytes));
        read(decoder);
        decoder.push(copy_of(decoder.tail().bytes(), {}), decoder.tail().size());
        read(decoder);
    }
    void read(FrameDecoder& decoder) {
        FrameBatch batch;
        while (*decoder.next(batch)) {
            FrameReader reader(batch);
            while (reader.next() != nullptr) {
                ++frames_;
            }
        }
    }
    Buffer copy_of(std::span<const std::byte> first, std::string_view second) {
        Buffer buffer = *pool_.acquire(first.size() + second.size());
        std::ranges::copy(std::as_bytes(std::span(second)),
                          std::ranges::copy(first, buffer.writable().begin()).out);
        return buffer;
    }

    BufferPool pool_;
    int frames_ = 0;
    int incidents_ = 0;
};

TEST_F(DecoderAllocationTest, FramesWhereTheyStandAllocateNothing) {
    const std::string stream = length_frame("one") + length_frame(std::string(2000, 'x')) +
                               length_frame(std::string(900, 'y')) + length_frame("") + "\x01";
    EXPECT_EQ(in_steady_state(std::make_shared<LengthFramer>(), stream), 0u);
    EXPECT_EQ(frames_, 2 * 49 * 3);
    EXPECT_EQ(incidents_, 2 * 49 * 2);
}

TEST_F(DecoderAllocationTest, UndoingEscapesAllocatesNothing) {
    std::string stream = "b\\ad|";
    for (int i = 0; i < 100; ++i) {
        stream += escape_frame("a|b");
    }
    EXPECT_EQ(in_steady_state(std::make_shared<EscapeFramer>(), stream), 0u);
    EXPECT_EQ(frames_, 2 * 49 * 100);
    EXPECT_EQ(incidents_, 2 * 49);
}

TEST_F(DecoderAllocationTest, HuntingAllocatesNothing) {
    const std::string stream = "garbage" + sync_frame("one") + "more" + sync_frame("two");
    EXPECT_EQ(in_steady_state(std::make_shared<SyncFramer>(), stream), 0u);
    EXPECT_EQ(incidents_, 2 * 49 * 2);
}

TEST_F(DecoderAllocationTest, ClosingAllocatesNothing) {
    FrameDecoder decoder(std::make_shared<LengthFramer>(), {}, pool_);
    const std::size_t before = test::allocations;
    decoder.push(copy_of({}, "\xff\xff"), 0);
    FrameBatch batch;
    EXPECT_FALSE(decoder.next(batch));
    decoder.begin_stream();
    decoder.fail(FrameFault::timeout);
    EXPECT_FALSE(decoder.next(batch));
    EXPECT_EQ(test::allocations - before, 0u);
}

}  // namespace
}  // namespace sluice
