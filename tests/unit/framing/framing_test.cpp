#include "sluice/framing/framing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "sluice/messages/json.hpp"

namespace sluice {
namespace {

constexpr std::uint64_t gibibyte = std::uint64_t{1024} * 1024 * 1024;

Framing of(FramingKind kind) {
    Framing framing;
    framing.kind = kind;
    if (kind == FramingKind::delimiter) {
        framing.delimiter = "0d0a";
    } else if (kind == FramingKind::fixed) {
        framing.frame_length = 188;
    } else if (kind == FramingKind::dle) {
        framing.escape_byte = "1a";
    } else if (kind == FramingKind::sync) {
        framing.sync = "b562";
        framing.length_field_offset = 4;
    }
    return framing;
}

constexpr std::size_t kind_count = 11;

/// The keys that are complained of, in their order, without repetitions.
std::string wrong_keys(const Framing& framing) {
    std::vector<Complaint> complaints;
    describe(TypeTag<Framing>{}).check(&framing, complaints);
    std::vector<std::string> keys;
    for (const Complaint& complaint : complaints) {
        EXPECT_EQ(complaint.severity, Complaint::Severity::error);
        EXPECT_FALSE(complaint.message.empty());
        if (std::find(keys.begin(), keys.end(), complaint.key) == keys.end()) {
            keys.push_back(complaint.key);
        }
    }
    EXPECT_EQ(keys.empty(), validate(framing).has_value());
    std::string text;
    for (const std::string& key : keys) {
        text += (text.empty() ? "" : " ") + key;
    }
    return text;
}

template <typename Change>
std::string wrong_keys_of(FramingKind kind, Change change) {
    Framing framing = of(kind);
    change(framing);
    return wrong_keys(framing);
}

TEST(Framing, EveryKindIsValidWithLittleSaid) {
    for (std::size_t kind = 0; kind < kind_count; ++kind) {
        EXPECT_EQ(wrong_keys(of(static_cast<FramingKind>(kind))), "") << kind;
        EXPECT_NE(make_framer(of(static_cast<FramingKind>(kind))), nullptr);
    }
    EXPECT_EQ(enumerators(TypeTag<FramingKind>{}).size(), kind_count);
}

TEST(Framing, KeysOfOtherKindsAreRefused) {
    const std::vector<std::pair<void (*)(Framing&), std::string>> changes{
        {[](Framing& f) { f.length_field_offset = 5; }, "length_field_offset"},
        {[](Framing& f) { f.length_field_length = 2; }, "length_field_length"},
        {[](Framing& f) { f.byte_order = FramingByteOrder::little; }, "byte_order"},
        {[](Framing& f) { f.length_adjustment = 1; }, "length_adjustment"},
        {[](Framing& f) { f.length_includes_header = true; }, "length_includes_header"},
        {[](Framing& f) { f.varint_offset = 1; }, "varint_offset"},
        {[](Framing& f) { f.delimiter = "00"; }, "delimiter"},
        {[](Framing& f) { f.accept_carriage_return = true; }, "accept_carriage_return"},
        {[](Framing& f) { f.strip_delimiter = false; }, "strip_delimiter"},
        {[](Framing& f) { f.frame_length = 7; }, "frame_length"},
        {[](Framing& f) { f.escape_byte = "10"; }, "escape_byte"},
        {[](Framing& f) { f.sync = "55"; }, "sync"},
        {[](Framing& f) { f.checksum = FramingChecksum::sum8; }, "checksum"},
    };
    for (const auto& [change, key] : changes) {
        EXPECT_EQ(wrong_keys_of(FramingKind::raw, change), key);
    }
    const auto strip = [](Framing& f) { f.initial_bytes_to_strip = 1; };
    EXPECT_EQ(wrong_keys_of(FramingKind::slip, strip), "initial_bytes_to_strip");
    EXPECT_EQ(wrong_keys_of(FramingKind::fixed, strip), "");
    const auto hunt = [](Framing& f) { f.max_hunt_length = 1; };
    EXPECT_EQ(wrong_keys_of(FramingKind::slip, hunt), "max_hunt_length");
    EXPECT_EQ(wrong_keys_of(FramingKind::dle, hunt), "");
    const auto skip = [](Framing& f) { f.on_oversize = OnOversize::skip; };
    EXPECT_EQ(wrong_keys_of(FramingKind::fixed, skip), "on_oversize");
    EXPECT_EQ(wrong_keys_of(FramingKind::slip, skip), "");
}

TEST(Framing, AllThatIsWrongIsOneError) {
    Framing framing;
    framing.length_field_length = 9;
    framing.sync = "b5";
    framing.max_frame_length = 2 * gibibyte;
    EXPECT_EQ(wrong_keys(framing), "sync length_field_length max_frame_length");
    const Result<void> valid = validate(framing);
    EXPECT_EQ(valid.error().code(), Errc::invalid_argument);
    EXPECT_EQ(valid.error().detail(),
              "sync is given, which the kind length does not have; leave it out; "
              "length_field_length is 9; allowed are 1 to 8; "
              "max_frame_length is 2147483648; allowed are 1 to 1073741824");
}

// CVE-2026-45416: `0` for a limit is refused.
TEST(Framing, ZeroIsNoLimit) {
    for (std::size_t kind = 0; kind < kind_count; ++kind) {
        EXPECT_EQ(wrong_keys_of(static_cast<FramingKind>(kind),
                                [](Framing& f) { f.max_frame_length = 0; }),
                  "max_frame_length");
    }
    for (const FramingKind kind : {FramingKind::dle, FramingKind::sync}) {
        EXPECT_EQ(wrong_keys_of(kind, [](Framing& f) { f.max_hunt_length = 0; }),
                  "max_hunt_length");
    }
}

TEST(Framing, AMaximumThatTheLengthFieldCannotSayIsRefused) {
    const auto with = [](std::uint32_t field_b, std::int32_t adjustment, std::uint64_t maximum) {
        Framing framing;
        framing.length_field_length = field_b;
        framing.length_adjustment = adjustment;
        framing.max_frame_length = maximum;
        return wrong_keys(framing);
    };
    EXPECT_EQ(with(1, 0, 256), "");
    EXPECT_EQ(with(1, 0, 257), "max_frame_length");
    EXPECT_EQ(with(1, 4, 260), "");
    EXPECT_EQ(with(2, 0, 65'537), "");
    EXPECT_EQ(with(2, 0, 65'538), "max_frame_length");
    EXPECT_EQ(with(4, 0, gibibyte), "");
    EXPECT_EQ(with(1, 0, Framing().max_frame_length), "") << "the default is no statement";
    Framing framing;
    framing.length_field_length = 1;
    EXPECT_EQ(make_framer(framing)->frame_b_max(), 256U);
}

TEST(Framing, AMaximumThatHoldsNoFrameIsRefused) {
    const auto least = [](FramingKind kind, std::uint64_t length_b) {
        Framing framing = of(kind);
        framing.max_frame_length = length_b;
        return wrong_keys(framing);
    };
    const std::pair<FramingKind, std::uint64_t> shortest[] = {
        {FramingKind::length, 4}, {FramingKind::varint, 1},         {FramingKind::delimiter, 2},
        {FramingKind::raw, 1},    {FramingKind::octet_counting, 3}, {FramingKind::netstring, 3},
        {FramingKind::slip, 2},   {FramingKind::cobs, 2},           {FramingKind::dle, 44},
        {FramingKind::sync, 8},
    };
    for (const auto& [kind, length_b] : shortest) {
        EXPECT_EQ(least(kind, length_b), "");
        EXPECT_EQ(least(kind, length_b - 1), "max_frame_length");
    }
    EXPECT_EQ(least(FramingKind::fixed, 188), "");
    EXPECT_EQ(least(FramingKind::fixed, 187), "frame_length");
}

TEST(Framing, WhatCanNeverWorkIsRefused) {
    using enum FramingKind;
    const auto no = [](FramingKind kind, void (*change)(Framing&)) {
        return wrong_keys_of(kind, change);
    };
    EXPECT_EQ(no(length, [](Framing& f) { f.length_adjustment = INT32_MIN; }), "");
    EXPECT_EQ(no(length, [](Framing& f) { f.length_adjustment = INT32_MAX; }), "max_frame_length");
    EXPECT_EQ(no(length,
                 [](Framing& f) {
                     f.length_field_length = 1;
                     f.length_adjustment = -256;
                 }),
              "length_adjustment");
    EXPECT_EQ(no(length, [](Framing& f) { f.initial_bytes_to_strip = 16 * 1024 * 1024 + 1; }),
              "max_frame_length");
    EXPECT_EQ(no(fixed, [](Framing& f) { f.initial_bytes_to_strip = 189; }),
              "initial_bytes_to_strip");
    EXPECT_EQ(no(fixed, [](Framing& f) { f.frame_length = 0; }), "frame_length");
    EXPECT_EQ(no(delimiter, [](Framing& f) { f.delimiter = ""; }), "delimiter");
    EXPECT_EQ(no(delimiter, [](Framing& f) { f.delimiter = std::string(34, '0'); }), "delimiter");
    EXPECT_EQ(no(delimiter, [](Framing& f) { f.delimiter = std::string(32, '0'); }), "");
    EXPECT_EQ(no(delimiter, [](Framing& f) { f.accept_carriage_return = true; }),
              "accept_carriage_return");
    EXPECT_EQ(no(dle, [](Framing& f) { f.escape_byte = "33"; }), "escape_byte");
    EXPECT_EQ(no(sync, [](Framing& f) { f.length_field_offset = 1; }), "length_field_offset");
    EXPECT_EQ(no(sync, [](Framing& f) { f.checksum_offset = 2; }), "checksum_offset");
    EXPECT_EQ(no(sync, [](Framing& f) { f.strip_checksum = true; }), "strip_checksum");
}

TEST(Framing, OnlyFramingsThatFindTheNextFrameGoOn) {
    const std::vector<FramingKind> finders{FramingKind::delimiter, FramingKind::slip,
                                           FramingKind::cobs, FramingKind::dle, FramingKind::sync};
    for (std::size_t i = 0; i < kind_count; ++i) {
        Framing framing = of(static_cast<FramingKind>(i));
        const bool finds = std::find(finders.begin(), finders.end(), framing.kind) != finders.end();
        for (const OnBadFrame policy : {OnBadFrame::skip, OnBadFrame::resync}) {
            framing.on_bad_frame = policy;
            EXPECT_EQ(wrong_keys(framing), finds ? "" : "on_bad_frame");
        }
        framing.on_bad_frame = OnBadFrame::close;
        EXPECT_EQ(wrong_keys(framing), "");
    }
}

TEST(Framing, AutomaticMeansResyncForThoseThatHunt) {
    for (std::size_t i = 0; i < kind_count; ++i) {
        Framing framing = of(static_cast<FramingKind>(i));
        const bool hunts = make_framer(framing)->hunts();
        EXPECT_EQ(hunts, framing.kind == FramingKind::dle || framing.kind == FramingKind::sync);
        EXPECT_EQ(on_bad_frame(framing), hunts ? OnBadFrame::resync : OnBadFrame::close);
        framing.on_bad_frame = OnBadFrame::close;
        EXPECT_EQ(on_bad_frame(framing), OnBadFrame::close);
    }
}

TEST(Framing, TheDescriptionHasEveryKeyAndJsonWritesTheMap) {
    EXPECT_NE(describe(TypeTag<Framing>{}).short_text(), nullptr);
    const Framing framing = of(FramingKind::dle);
    std::string json;
    append_json(json, describe(TypeTag<Framing>{}), &framing);
    EXPECT_EQ(json,
              R"({"kind":"dle","length_field_offset":0,"length_field_length":4,"byte_order":"big",)"
              R"("length_adjustment":0,"length_includes_header":false,"varint_offset":0,)"
              R"("delimiter":"","accept_carriage_return":false,"strip_delimiter":true,)"
              R"("frame_length":0,"escape_byte":"1a","sync":"","checksum":"none",)"
              R"("checksum_offset":0,"strip_checksum":false,"initial_bytes_to_strip":0,)"
              R"("max_frame_length":16777216,"max_hunt_length":65536,)"
              R"("on_bad_frame":"automatic","on_oversize":"close"})");
}

TEST(FramingDeathTest, AFramerOfWhatIsNotValidIsABug) {
    Framing framing;
    framing.length_field_length = 9;
    EXPECT_DEATH(static_cast<void>(make_framer(framing)), "not valid");
}

}  // namespace
}  // namespace sluice
