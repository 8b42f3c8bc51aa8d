/// A decoder that is fed texts and whose frames come out as texts.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/framing/frame_decoder.hpp"
#include "support/test_framers.hpp"

namespace sluice::test {

using Texts = std::vector<std::string>;

class DecoderFixture : public testing::Test {
  protected:
    static constexpr std::size_t slab_b = 16 * 1024;

    ~DecoderFixture() override {
        if (decoder) {
            expect_exact_ledger();
        }
    }

    void use(std::shared_ptr<const Framer> framer, OnBadFrame on_bad_frame = OnBadFrame::close,
             OnOversize on_oversize = OnOversize::close,
             std::uint64_t hunt_b_max = FrameDecoderOptions().hunt_b_max) {
        decoder = std::make_unique<FrameDecoder>(
            std::move(framer),
            FrameDecoderOptions{.on_bad_frame = on_bad_frame,
                                .on_oversize = on_oversize,
                                .hunt_b_max = hunt_b_max,
                                .on_incident =
                                    [this](const FramingIncident& incident) {
                                        expect_exact_ledger();
                                        incidents.push_back(incident);
                                    }},
            pool);
    }

    Buffer make(std::string_view text) {
        Buffer buffer = *sources.acquire(text.size());
        std::ranges::copy(std::as_bytes(std::span(text)), buffer.writable().begin());
        return buffer;
    }
    /// The tail, copied in front of `text`.
    void push(std::string_view text) {
        const std::string tail = text_of(decoder->tail().bytes());
        decoder->push(make(tail + std::string(text)), tail.size());
        expect_exact_ledger();
    }
    void append(std::string_view text) {
        ASSERT_TRUE(decoder->append(make(text)));
        expect_exact_ledger();
    }

    /// What `next` finds until it finds no more, or fails.
    Texts frames() {
        Texts found;
        for (;;) {
            FrameBatch batch;
            const Result<bool> is_there = decoder->next(batch);
            expect_exact_ledger();
            if (!is_there || !*is_there) {
                EXPECT_TRUE(batch.empty());
                error = is_there ? std::nullopt : std::optional(is_there.error().code());
                return found;
            }
            append_texts(batch, found);
            ++batches;
        }
    }
    Texts frames_after_push(std::string_view text) {
        push(text);
        return frames();
    }
    Texts frames_after_append(std::string_view text) {
        append(text);
        return frames();
    }
    Texts frames_after_end() {
        decoder->end_stream();
        return frames();
    }

    static std::string text_of(std::span<const std::byte> bytes) {
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    static void append_texts(const FrameBatch& batch, Texts& texts) {
        FrameReader reader(batch);
        std::uint64_t payload_b = 0;
        std::uint64_t offset = batch.stream_offset();
        std::size_t count = 0;
        while (const Frame* frame = reader.next()) {
            EXPECT_EQ(frame->stream_offset, offset);
            offset += frame->wire_b;
            payload_b += frame->payload.size();
            ++count;
            texts.push_back(text_of(frame->payload));
        }
        EXPECT_EQ(count, batch.size());
        EXPECT_EQ(payload_b, batch.payload_b());
        EXPECT_EQ(reader.next(), nullptr);
    }

    const FramingLedger& ledger() const { return decoder->ledger(); }
    std::uint64_t count(FrameFault fault) const {
        return ledger().incidents[static_cast<std::size_t>(fault)];
    }
    void expect_exact_ledger() const {
        const FramingLedger& now = ledger();
        EXPECT_EQ(now.received_b, now.payload_b + now.overhead_b + now.skipped_b + now.buffered_b);
    }

    BufferPool sources{{.size_b = 64 * slab_b, .slab_size_b = slab_b}};
    BufferPool pool{{.size_b = 16 * slab_b, .slab_size_b = slab_b}};
    std::unique_ptr<FrameDecoder> decoder;
    std::vector<FramingIncident> incidents;
    std::optional<Errc> error;  // of the last next()
    int batches = 0;
};

}  // namespace sluice::test
