/// What happens about bytes that are no frame.
#include <gtest/gtest.h>

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

class DecoderPolicyTest : public test::DecoderFixture {
  protected:
    /// A stream that is closed takes what comes and keeps nothing of it.
    void expect_closed() {
        EXPECT_EQ(error, Errc::bad_frame);
        EXPECT_TRUE(decoder->tail().empty());
        EXPECT_EQ(ledger().buffered_b, 0u);
        const std::uint64_t skipped_b = ledger().skipped_b;
        const std::size_t told = incidents.size();
        EXPECT_EQ(frames_after_push("more"), Texts{});
        EXPECT_EQ(frames_after_append("more"), Texts{});
        EXPECT_EQ(error, Errc::bad_frame);
        EXPECT_EQ(ledger().skipped_b, skipped_b + 8);
        EXPECT_EQ(incidents.size(), told);
        EXPECT_EQ(sources.statistics().blocks, 0u);
    }
    std::string claim(std::uint64_t body_b) {
        std::string header;
        for (int shift = 56; shift >= 0; shift -= 8) {
            header.push_back(static_cast<char>(body_b >> static_cast<unsigned>(shift)));
        }
        return header;
    }
    std::string broken_sync_frame(std::string_view payload) {
        std::string frame = sync_frame(payload);
        frame.back() = static_cast<char>(frame.back() ^ 1);
        return frame;
    }
};

constexpr std::uint64_t half = std::uint64_t{1} << 63;

// Frame length over the limit: no allocation, counted, closed; skipped only if configured.

TEST_F(DecoderPolicyTest, FrameLengthOverTheLimitClosesAndAllocatesNothing) {
    use(std::make_shared<LengthFramer>(2, 1000));
    EXPECT_EQ(frames_after_push(length_frame("one") + length_frame(std::string(999, 'x'))),
              Texts{"one"});
    expect_closed();
    EXPECT_EQ(count(FrameFault::oversize), 1u);
    EXPECT_EQ(pool.statistics().acquired, 0u);
    ASSERT_EQ(incidents.size(), 1u);
    EXPECT_EQ(incidents[0].fault, FrameFault::oversize);
    EXPECT_EQ(incidents[0].stream_offset, 5u);
    EXPECT_EQ(incidents[0].claimed_b, 1001u);
    EXPECT_EQ(incidents[0].limit_b, 1000u);
    EXPECT_EQ(incidents[0].front_b, 32u);
    EXPECT_EQ(text_of(incidents[0].front), length_frame(std::string(999, 'x')).substr(0, 32));
    decoder->begin_stream();
    EXPECT_EQ(frames_after_push(length_frame("new")), Texts{"new"});
}

TEST_F(DecoderPolicyTest, AFrameOfExactlyTheLimitIsNoFault) {
    use(std::make_shared<LengthFramer>(2, 1000));
    EXPECT_EQ(frames_after_push(length_frame(std::string(998, 'x'))), Texts{std::string(998, 'x')});
    EXPECT_TRUE(incidents.empty());
}

TEST_F(DecoderPolicyTest, OversizeIsSkippedIfConfigured) {
    use(std::make_shared<LengthFramer>(2, 1000), OnBadFrame::close, OnOversize::skip);
    EXPECT_EQ(frames_after_push(length_frame("one") + length_frame(std::string(2000, 'x')) +
                                length_frame("two")),
              (Texts{"one", "two"}));
    EXPECT_EQ(ledger().skipped_b, 2002u);
    EXPECT_EQ(incidents.size(), 1u);
    EXPECT_EQ(error, std::nullopt);
}

TEST_F(DecoderPolicyTest, SkippingHoldsNothingOfWhatItSkips) {
    use(std::make_shared<LengthFramer>(2, 1000), OnBadFrame::close, OnOversize::skip);
    const std::string stream = length_frame(std::string(2000, 'x')) + length_frame("two");
    for (std::size_t i = 0; i + 1 < stream.size(); ++i) {
        EXPECT_EQ(frames_after_push(stream.substr(i, 1)), Texts{});
        EXPECT_LE(decoder->tail().size(), 4u);
        EXPECT_LE(sources.statistics().blocks, 1u);
    }
    EXPECT_EQ(frames_after_append(stream.substr(stream.size() - 1)), Texts{"two"});
    EXPECT_EQ(decoder->tail_offset(), stream.size());
    EXPECT_EQ(incidents.size(), 1u);
}

TEST_F(DecoderPolicyTest, ALengthOfTwoToThe63IsSkippedWithoutHoldingAnything) {
    use(std::make_shared<LengthFramer>(8, 1000), OnBadFrame::close, OnOversize::skip);
    EXPECT_EQ(frames_after_push(claim(half)), Texts{});
    const std::string rest(100'000, 'x');
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(frames_after_push(rest), Texts{});
        EXPECT_EQ(decoder->tail().size(), 0u);
        EXPECT_EQ(sources.statistics().blocks, 0u);
    }
    EXPECT_EQ(ledger().skipped_b, 10'000'008u);
    EXPECT_EQ(pool.statistics().acquired, 0u);
    EXPECT_EQ(incidents.size(), 1u);
    EXPECT_EQ(incidents[0].claimed_b, half + 8);
    EXPECT_EQ(frames_after_end(), Texts{});
    EXPECT_EQ(incidents.size(), 1u) << "it is part of the one";
}

TEST_F(DecoderPolicyTest, LengthsOf2To31And2To32Less1And2To63AndWithTheTopBitSetClose) {
    for (const std::uint64_t body_b : {std::uint64_t{1} << 31, (std::uint64_t{1} << 32) - 1, half,
                                       half + 1, ~std::uint64_t{0} - 8}) {
        use(std::make_shared<LengthFramer>(8, 1000));
        EXPECT_EQ(frames_after_push(claim(body_b)), Texts{});
        expect_closed();
        EXPECT_EQ(incidents.back().claimed_b, body_b + 8);
    }
}

TEST_F(DecoderPolicyTest, ALengthThatNoFrameHasClosesWhateverThePolicy) {
    use(std::make_shared<LengthFramer>(8, 1000), OnBadFrame::resync, OnOversize::skip);
    EXPECT_EQ(frames_after_push(claim(~std::uint64_t{0})), Texts{});
    expect_closed();
    EXPECT_EQ(count(FrameFault::bad_length), 1u);
}

TEST_F(DecoderPolicyTest, ZeroLengthFramesAreDeliveredAsEmpty) {
    use(std::make_shared<LengthFramer>());
    EXPECT_EQ(frames_after_push(length_frame("") + length_frame("")), (Texts{"", ""}));
    EXPECT_EQ(ledger().overhead_b, 4u);
}

// GHSA-w9fj: frames without bytes count too.
TEST_F(DecoderPolicyTest, AZeroLengthFloodIsOneBatchThatGrowsWithItsBytesOnly) {
    use(std::make_shared<LengthFramer>());
    push(std::string(100'000, '\0'));
    FrameBatch batch;
    ASSERT_TRUE(*decoder->next(batch));
    EXPECT_EQ(batch.size(), 50'000u);
    EXPECT_EQ(pool.statistics().acquired, 0u);
}

// The end of the stream.

// CVE-2021-20234, CVE-2021-20237: what was half received is given back.
TEST_F(DecoderPolicyTest, EndInsideAHeaderOrABodyIsTruncatedAndDroppedWhole) {
    for (const std::size_t cut : {1u, 2u, 5u}) {
        use(std::make_shared<LengthFramer>());
        incidents.clear();
        EXPECT_EQ(frames_after_push(length_frame("one") + length_frame("two!").substr(0, cut)),
                  Texts{"one"});
        EXPECT_EQ(frames_after_end(), Texts{});
        EXPECT_EQ(error, std::nullopt);
        EXPECT_EQ(frames(), Texts{});
        EXPECT_EQ(count(FrameFault::truncated), 1u);
        EXPECT_EQ(ledger().skipped_b, cut);
        EXPECT_EQ(sources.statistics().blocks, 0u) << "the buffer is returned";
        ASSERT_EQ(incidents.size(), 1u);
        EXPECT_EQ(incidents[0].stream_offset, 5u);
        EXPECT_EQ(incidents[0].claimed_b, cut < 2 ? 0u : 6u);
        EXPECT_EQ(incidents[0].front_b, cut);
    }
}

TEST_F(DecoderPolicyTest, EndExactlyAtAFrameBorderIsNoFault) {
    use(std::make_shared<LengthFramer>());
    EXPECT_EQ(frames_after_push(length_frame("one")), Texts{"one"});
    EXPECT_EQ(frames_after_end(), Texts{});
    EXPECT_TRUE(incidents.empty());
    EXPECT_EQ(ledger().skipped_b, 0u);
}

TEST_F(DecoderPolicyTest, TheEndWithinAnIncidentIsPartOfIt) {
    use(std::make_shared<SyncFramer>(), OnBadFrame::resync);
    EXPECT_EQ(frames_after_push("garbage" + sync_frame("one").substr(0, 3)), Texts{});
    EXPECT_EQ(frames_after_end(), Texts{});
    EXPECT_EQ(incidents.size(), 1u);
    EXPECT_EQ(count(FrameFault::truncated), 0u);
    EXPECT_EQ(ledger().skipped_b, 10u);
}

TEST_F(DecoderPolicyTest, AFrameThatDoesNotComeInTimeEndsTheStream) {
    use(std::make_shared<LengthFramer>());
    EXPECT_EQ(frames_after_push(length_frame("payload").substr(0, 4)), Texts{});
    decoder->fail(FrameFault::timeout);
    expect_exact_ledger();
    EXPECT_EQ(frames(), Texts{});
    expect_closed();
    EXPECT_EQ(count(FrameFault::timeout), 1u);
    ASSERT_EQ(incidents.size(), 1u);
    EXPECT_EQ(incidents[0].claimed_b, 9u);
    decoder->fail(FrameFault::timeout);
    EXPECT_EQ(incidents.size(), 1u) << "it had ended";
}

// Sync framings.

TEST_F(DecoderPolicyTest, GarbageBeforeTheSyncIsSkippedAndCountedWhereverItIsCut) {
    const std::string stream = "garbage" + sync_frame("one") + sync_frame("two");
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        use(std::make_shared<SyncFramer>(), OnBadFrame::resync);
        incidents.clear();
        Texts found = frames_after_push(stream.substr(0, cut));
        for (const std::string& text : frames_after_push(stream.substr(cut))) {
            found.push_back(text);
        }
        EXPECT_EQ(found, (Texts{"one", "two"})) << "cut at " << cut;
        EXPECT_EQ(ledger().skipped_b, 7u);
        ASSERT_EQ(incidents.size(), 1u);
        EXPECT_EQ(incidents[0].stream_offset, 0u);
    }
}

TEST_F(DecoderPolicyTest, FalseSyncInsideAPayloadIsPayload) {
    use(std::make_shared<SyncFramer>(), OnBadFrame::resync);
    const std::string inner = sync_frame("inner");
    EXPECT_EQ(frames_after_push(sync_frame(inner) + sync_frame("two")), (Texts{inner, "two"}));
    EXPECT_TRUE(incidents.empty());
}

TEST_F(DecoderPolicyTest, ResyncFindsAFrameInsideABrokenOne) {
    use(std::make_shared<SyncFramer>(), OnBadFrame::resync);
    EXPECT_EQ(frames_after_push(broken_sync_frame(sync_frame("inner")) + sync_frame("two")),
              (Texts{"inner", "two"}));
    EXPECT_EQ(count(FrameFault::bad_checksum), 1u);
}

TEST_F(DecoderPolicyTest, SkipBelievesTheLengthOfABrokenFrameWhereOneHadToBegin) {
    use(std::make_shared<SyncFramer>(), OnBadFrame::skip);
    EXPECT_EQ(frames_after_push(sync_frame("one") + broken_sync_frame(sync_frame("inner")) +
                                sync_frame("two")),
              (Texts{"one", "two"}));
    EXPECT_EQ(count(FrameFault::bad_checksum), 1u);
    EXPECT_EQ(frames_after_push("?" + broken_sync_frame(sync_frame("inner"))), Texts{"inner"})
        << "behind garbage no length is believed";
}

TEST_F(DecoderPolicyTest, AWrongChecksumIsCountedAndNeverDelivered) {
    use(std::make_shared<SyncFramer>(), OnBadFrame::close);
    EXPECT_EQ(frames_after_push(sync_frame("one") + broken_sync_frame("two") + sync_frame("3")),
              Texts{"one"});
    expect_closed();
    EXPECT_EQ(count(FrameFault::bad_checksum), 1u);
    EXPECT_EQ(incidents[0].claimed_b, 6u);
}

TEST_F(DecoderPolicyTest, OneIncidentLastsUntilTheNextWholeFrame) {
    use(std::make_shared<SyncFramer>(), OnBadFrame::resync);
    EXPECT_EQ(frames_after_push("garbage" + broken_sync_frame("x") + "more" + sync_frame("one") +
                                "garbage" + sync_frame("two")),
              (Texts{"one", "two"}));
    EXPECT_EQ(count(FrameFault::bad_sync), 2u);
    EXPECT_EQ(count(FrameFault::bad_checksum), 0u);
    ASSERT_EQ(incidents.size(), 2u);
    EXPECT_EQ(incidents[0].stream_offset, 0u);
    EXPECT_EQ(incidents[1].stream_offset, 21u);
    EXPECT_EQ(ledger().skipped_b, 7u + 4 + 4 + 7);
}

TEST_F(DecoderPolicyTest, WhatHuntsBelievesNoLengthOverTheLimit) {
    const std::string too_long = "\xa5\xff" + sync_frame("one") + std::string(250, 'x');
    use(std::make_shared<SyncFramer>(), OnBadFrame::resync);
    EXPECT_EQ(frames_after_push(sync_frame("0") + too_long + sync_frame("two")),
              (Texts{"0", "one", "two"}));
    EXPECT_EQ(error, std::nullopt);
    use(std::make_shared<SyncFramer>(), OnBadFrame::resync, OnOversize::skip);
    EXPECT_EQ(frames_after_push(sync_frame("0") + too_long + sync_frame("two")),
              (Texts{"0", "two"}));
    use(std::make_shared<SyncFramer>(), OnBadFrame::skip);
    EXPECT_EQ(frames_after_push(sync_frame("0") + too_long + sync_frame("two")), Texts{"0"});
    expect_closed();
}

// Garbage before the sync byte is looked through so far, then it closes.

TEST_F(DecoderPolicyTest, GarbageBeforeASyncByteIsScannedUpToTheLimitThenItCloses) {
    for (const std::size_t piece_b : {1U, 7U, 200U}) {
        for (const bool is_over : {false, true}) {
            const std::string garbage(is_over ? 101 : 100, 'g');
            const std::string stream = garbage + sync_frame("one") + "more";
            use(std::make_shared<SyncFramer>(), OnBadFrame::resync, OnOversize::close, 100);
            incidents.clear();
            Texts found;
            for (std::size_t i = 0; i < stream.size(); i += piece_b) {
                for (std::string& text : frames_after_push(stream.substr(i, piece_b))) {
                    found.push_back(std::move(text));
                }
            }
            EXPECT_EQ(found, is_over ? Texts{} : Texts{"one"});
            EXPECT_EQ(ledger().skipped_b, is_over ? stream.size() : 104);
            ASSERT_EQ(incidents.size(), 2U);
            EXPECT_EQ(incidents[0].fault, FrameFault::bad_sync);
            if (is_over) {
                expect_closed();
                EXPECT_EQ(incidents[1].fault, FrameFault::lost_sync);
                EXPECT_EQ(incidents[1].stream_offset, 100U);
                EXPECT_EQ(incidents[1].limit_b, 100U);
                EXPECT_EQ(count(FrameFault::lost_sync), 1U);
            }
        }
    }
}

TEST_F(DecoderPolicyTest, EachWholeFrameAndEachStreamBeginsTheHuntAnew) {
    use(std::make_shared<SyncFramer>(), OnBadFrame::resync, OnOversize::close, 100);
    const std::string garbage(100, 'g');
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(frames_after_push(garbage + sync_frame("one")), Texts{"one"});
    }
    EXPECT_EQ(frames_after_push(garbage + "g"), Texts{});
    expect_closed();
    decoder->begin_stream();
    EXPECT_EQ(frames_after_push(garbage + sync_frame("two")), Texts{"two"});
    EXPECT_EQ(error, std::nullopt);
}

TEST_F(DecoderPolicyTest, AFrameWithAWrongChecksumIsNoHuntHoweverLongItIs) {
    use(std::make_shared<SyncFramer>(), OnBadFrame::resync, OnOversize::close, 10);
    EXPECT_EQ(frames_after_push(sync_frame("one") + broken_sync_frame(std::string(100, 'x')) +
                                std::string(10, 'g') + sync_frame("two")),
              (Texts{"one", "two"}));
    EXPECT_EQ(frames_after_push(broken_sync_frame(std::string(100, 'x')) + std::string(11, 'g')),
              Texts{});
    expect_closed();
}

TEST_F(DecoderPolicyTest, FalseHeadersKeepNoProcessorBusy) {
    // Each header claims 60,004 bytes: for a limit of 100 no more than 102,400 are added up.
    use(make_framer(*Framing::parse("sync:55,length:u16be@1,checksum:sum8")), OnBadFrame::resync,
        OnOversize::close, 100);
    std::string stream = "g";
    for (int i = 0; i < 30; ++i) {
        stream += "\x55\xea\x60";
    }
    EXPECT_EQ(frames_after_push(stream + std::string(130'000, 'x')), Texts{});
    expect_closed();
    ASSERT_EQ(incidents.size(), 2U);
    EXPECT_EQ(incidents[1].fault, FrameFault::lost_sync);
    EXPECT_EQ(incidents[1].stream_offset, 4U) << "at the second of them";
}

TEST_F(DecoderPolicyTest, HuntingEndsAt64KiBUnlessConfigured) {
    use(std::make_shared<SyncFramer>(), OnBadFrame::resync);
    EXPECT_EQ(frames_after_push(std::string(65'536, 'g')), Texts{});
    EXPECT_EQ(error, std::nullopt);
    EXPECT_EQ(frames_after_push("g"), Texts{});
    expect_closed();
}

TEST_F(DecoderPolicyTest, BytesSkippedForALengthThatIsBelievedAreNoHunt) {
    use(std::make_shared<SyncFramer>(), OnBadFrame::skip, OnOversize::close, 10);
    EXPECT_EQ(frames_after_push(sync_frame("one") + broken_sync_frame(std::string(100, 'x')) +
                                sync_frame("two")),
              (Texts{"one", "two"}));
}

TEST_F(DecoderPolicyTest, FramesSkippedByTheirOwnEndsAreNoHunt) {
    use(std::make_shared<EscapeFramer>(), OnBadFrame::resync, OnOversize::close, 3);
    EXPECT_EQ(frames_after_push("b\\ad|b\\ad|" + escape_frame("two")), Texts{"two"});
}

// Delimiters and escapes.

TEST_F(DecoderPolicyTest, ADelimiterThatDoesNotComeClosesAtTheLimit) {
    use(std::make_shared<LineFramer>(100));
    EXPECT_EQ(frames_after_push(std::string(99, 'x')), Texts{});
    EXPECT_EQ(error, std::nullopt);
    EXPECT_EQ(frames_after_push("x"), Texts{});
    expect_closed();
    EXPECT_EQ(count(FrameFault::oversize), 1u);
    EXPECT_EQ(incidents[0].claimed_b, 0u);
}

TEST_F(DecoderPolicyTest, ALineThatIsTooLongIsSkippedToItsEnd) {
    use(std::make_shared<LineFramer>(100), OnBadFrame::resync, OnOversize::skip);
    EXPECT_EQ(frames_after_push("one\n" + std::string(150, 'x')), Texts{"one"});
    EXPECT_EQ(decoder->tail().size(), 0u);
    EXPECT_EQ(frames_after_push(std::string(150, 'x')), Texts{});
    EXPECT_EQ(frames_after_push("xx\ntwo\n"), Texts{"two"});
    EXPECT_EQ(ledger().skipped_b, 303u);
    EXPECT_EQ(incidents.size(), 1u);
}

TEST_F(DecoderPolicyTest, ABadEscapeCostsItsFrameOnly) {
    use(std::make_shared<EscapeFramer>(), OnBadFrame::skip);
    EXPECT_EQ(frames_after_push(escape_frame("one") + "b\\ad|" + escape_frame("two")),
              (Texts{"one", "two"}));
    EXPECT_EQ(count(FrameFault::bad_escape), 1u);
    use(std::make_shared<EscapeFramer>(), OnBadFrame::close);
    EXPECT_EQ(frames_after_push(escape_frame("one") + "b\\ad|" + escape_frame("two")),
              Texts{"one"});
    expect_closed();
}

// CVE-2021-20236: no recursion over what comes in.
TEST_F(DecoderPolicyTest, AnyNumberOfBadFramesCostsNoStack) {
    constexpr std::size_t count = 200'000;
    std::string stream;
    for (std::size_t i = 0; i < count; ++i) {
        stream += "b\\ad|";
    }
    use(std::make_shared<EscapeFramer>(), OnBadFrame::resync);
    EXPECT_EQ(frames_after_push(stream + escape_frame("one")), Texts{"one"});
    EXPECT_EQ(ledger().skipped_b, stream.size());
    EXPECT_EQ(incidents.size(), 1U);
}

// nanomsg 956: another protocol's bytes are counted and closed, and never a bug.
TEST_F(DecoderPolicyTest, HttpOnARawPortClosesAndItsFirstBytesAreTold) {
    use(std::make_shared<LengthFramer>(2, 1000));
    EXPECT_EQ(frames_after_push("GET / HTTP/1.1\r\n\r\n"), Texts{});
    expect_closed();
    EXPECT_EQ(text_of(std::span(incidents[0].front).first(incidents[0].front_b)),
              "GET / HTTP/1.1\r\n\r\n");
}

TEST_F(DecoderPolicyTest, OtherProtocolsAreKnownByHowTheyBegin) {
    const auto looks_like = [this](std::string_view stream) {
        use(std::make_shared<LengthFramer>(2, 1000));
        incidents.clear();
        static_cast<void>(frames_after_push(stream));
        return likely_protocol(incidents.at(0));
    };
    EXPECT_EQ(looks_like("GET / HTTP/1.1\r\n\r\n"), "HTTP");
    EXPECT_EQ(looks_like("HTTP/1.1 400 Bad Request\r\n"), "HTTP");
    EXPECT_EQ(looks_like(std::string_view("\x16\x03\x01\x02\x00\x01\x00", 7)), "TLS");
    EXPECT_EQ(looks_like("SSH-2.0-OpenSSH_9.2\r\n"), "SSH");
    EXPECT_EQ(looks_like("\xff\xff"), "");
    EXPECT_EQ(looks_like("GE"), "") << "too little of it";
    EXPECT_EQ(looks_like(length_frame("one") + "GET / HTTP/1.1\r\n"), "")
        << "not at the begin of the stream";
}

TEST_F(DecoderPolicyTest, NobodyNeedsToListen) {
    decoder = std::make_unique<FrameDecoder>(std::make_shared<LengthFramer>(),
                                             FrameDecoderOptions{}, pool);
    EXPECT_EQ(frames_after_push("\xff\xff"), Texts{});
    EXPECT_EQ(error, Errc::bad_frame);
}

}  // namespace
}  // namespace sluice
