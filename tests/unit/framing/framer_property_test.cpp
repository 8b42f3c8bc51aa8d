/// What holds for every framing, against a slow decoder.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "sluice/framing/framing.hpp"
#include "support/framing_samples.hpp"
#include "support/reference_framing.hpp"

namespace sluice {
namespace {

using test::Bytes;

Framing any_framing_but_raw() {
    for (;;) {
        Framing framing = test::any_framing();
        if (framing.kind != FramingKind::raw) {
            return framing;
        }
    }
}

/// Frames that stand together; what cannot be encoded is left out.
Bytes any_stream(const Framing& framing, const Framer& framer) {
    Bytes stream;
    for (int i = test::drawn(0, 4); i > 0; --i) {
        const Bytes head = test::any_bytes(test::head_b(framing));
        const Result<Bytes> frame = test::encode(framer, head, test::any_body(framing));
        if (frame) {
            test::append(stream, *frame);
        } else {
            const Errc code = frame.error().code();
            RC_ASSERT(code == Errc::too_large || code == Errc::invalid_argument);
        }
    }
    return stream;
}

/// The same with something that does not belong there.
Bytes any_bad_stream(const Framing& framing, const Framer& framer) {
    Bytes stream = any_stream(framing, framer);
    const auto place = [&stream] {
        return static_cast<long>(test::drawn<std::size_t>(0, stream.size()));
    };
    switch (test::drawn(0, 3)) {
        case 0:
            stream.resize(static_cast<std::size_t>(place()));
            break;
        case 1: {
            const Bytes noise = test::any_bytes(test::drawn<std::size_t>(1, 30));
            stream.insert(stream.begin() + place(), noise.begin(), noise.end());
            break;
        }
        case 2:
            if (!stream.empty()) {
                stream[test::drawn<std::size_t>(0, stream.size() - 1)] = test::any_bytes(1)[0];
            }
            break;
        default:
            break;
    }
    return stream;
}

TEST(FramerProperty, WholeFramesAreFoundByAnyCutAsTheReferenceFindsThem) {
    rc::check([] {
        const Framing framing = any_framing_but_raw();
        const auto framer = make_framer(framing);
        const Bytes stream = any_stream(framing, *framer);
        RC_LOG() << framing.to_string() << " " << test::to_hex(stream);
        const std::string expected = test::reference(framing, stream);
        RC_ASSERT(test::drive(*framer, stream) == expected);
        RC_ASSERT(test::drive(*framer, stream, {.cuts = test::any_cuts(stream.size())}) ==
                  expected);
    });
}

TEST(FramerProperty, TheFirstFaultIsThatOfTheReferenceByAnyCut) {
    rc::check([] {
        const Framing framing = any_framing_but_raw();
        const auto framer = make_framer(framing);
        const Bytes stream = any_bad_stream(framing, *framer);
        RC_LOG() << framing.to_string() << " " << test::to_hex(stream);
        const std::string expected = test::reference(framing, stream);
        RC_ASSERT(test::drive(*framer, stream) == expected);
        RC_ASSERT(test::drive(*framer, stream, {.cuts = test::any_cuts(stream.size())}) ==
                  expected);
        RC_ASSERT(expected.starts_with(test::drive_run(*framer, stream)));
    });
}

TEST(FramerProperty, GoingOnDoesNotDependOnTheCutsEither) {
    rc::check([] {
        const Framing framing = any_framing_but_raw();
        const auto framer = make_framer(framing);
        Bytes stream = any_bad_stream(framing, *framer);
        test::append(stream, any_bad_stream(framing, *framer));
        const bool is_synced = *rc::gen::arbitrary<bool>();
        RC_LOG() << framing.to_string() << " " << test::to_hex(stream);
        const test::Drive whole{.cuts = {}, .is_synced = is_synced, .goes_on = true};
        const test::Drive cut{test::any_cuts(stream.size()), is_synced, true};
        RC_ASSERT(test::drive(*framer, stream, cut) == test::drive(*framer, stream, whole));
    });
}

/// As any framing, but what is handed on is the body exactly.
Framing any_framing_of_bodies() {
    for (;;) {
        Framing framing = test::any_framing();
        framing.initial_bytes_to_strip = 0;
        framing.strip_delimiter = true;
        framing.strip_checksum = framing.checksum != FramingChecksum::none;
        if (framing.kind == FramingKind::length || framing.kind == FramingKind::sync) {
            framing.initial_bytes_to_strip =
                framing.length_field_offset + framing.length_field_length;
        } else if (framing.kind == FramingKind::varint) {
            framing.initial_bytes_to_strip = framing.varint_offset + 1;
        }
        if (validate(framing)) {
            return framing;
        }
    }
}

TEST(FramerProperty, DecodingUndoesEncodingHoweverTheBodyIsCut) {
    rc::check([] {
        const Framing framing = any_framing_of_bodies();
        const auto framer = make_framer(framing);
        const Bytes head = test::any_bytes(test::head_b(framing));
        const Bytes body = test::any_body(framing);
        const auto cut = test::drawn<std::size_t>(0, body.size());
        const std::array pieces{std::span(body).first(cut), std::span(body).subspan(cut)};
        const Result<Bytes> frame = test::encode(*framer, head, pieces);
        RC_LOG() << framing.to_string() << " " << test::to_hex(body);
        RC_ASSERT(frame.has_value() == test::encode(*framer, head, body).has_value());
        RC_PRE(frame.has_value());
        RC_ASSERT(test::drive(*framer, *frame) ==
                  std::to_string(frame->size()) + ":" + test::to_hex(body) + " ");
    });
}

}  // namespace
}  // namespace sluice
