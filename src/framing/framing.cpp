#include "sluice/framing/framing.hpp"

#include "framing/framers.hpp"
#include "framing/framing_check.hpp"

namespace sluice {

std::span<const std::string_view> enumerators(TypeTag<FramingKind>) noexcept {
    static constexpr std::string_view words[] = {
        "length", "varint", "delimiter", "fixed", "octet_counting", "netstring", "slip",
        "cobs",   "dle",    "sync",      "raw"};
    return words;
}

std::span<const std::string_view> enumerators(TypeTag<FramingByteOrder>) noexcept {
    static constexpr std::string_view words[] = {"big", "little"};
    return words;
}

std::span<const std::string_view> enumerators(TypeTag<FramingChecksum>) noexcept {
    static constexpr std::string_view words[] = {"none",          "crc16_ccitt", "crc24q", "crc32",
                                                 "crc32_novatel", "fletcher8",   "xor8",   "sum8"};
    return words;
}

std::span<const std::string_view> enumerators(TypeTag<OnBadFrame>) noexcept {
    static constexpr std::string_view words[] = {"automatic", "close", "skip", "resync"};
    return words;
}

std::span<const std::string_view> enumerators(TypeTag<OnOversize>) noexcept {
    static constexpr std::string_view words[] = {"close", "skip"};
    return words;
}

namespace {

constexpr double gibibyte = 1024.0 * 1024 * 1024;

void describe_length(Describer<Framing>& describer) {
    describer
        .field("kind", &Framing::kind, "What finds the end of a frame; decides which keys count.")
        .field("length_field_offset", &Framing::length_field_offset,
               "length, sync: where the length field begins, from the frame's first byte.")
        .range(0, 255)
        .unit("bytes")
        .field("length_field_length", &Framing::length_field_length,
               "length, sync: how long the length field is.")
        .range(1, 8)
        .unit("bytes")
        .field("byte_order", &Framing::byte_order,
               "length, sync: of the length field and of a checksum of several bytes.")
        .field(
            "length_adjustment", &Framing::length_adjustment,
            "length, sync: what to add to the length field's value; the frame ends so many bytes "
            "behind the length field.")
        .unit("bytes")
        .field("length_includes_header", &Framing::length_includes_header,
               "length, sync: whether the value counts from the frame's first byte instead.");
}

void describe_others(Describer<Framing>& describer) {
    describer
        .field("varint_offset", &Framing::varint_offset,
               "varint: where the length begins, from the frame's first byte.")
        .range(0, 255)
        .unit("bytes")
        .field("delimiter", &Framing::delimiter,
               "delimiter: the 1 to 16 bytes that end a frame, in hexadecimal: `0d0a`.")
        .field("accept_carriage_return", &Framing::accept_carriage_return,
               "delimiter 0a: whether a carriage return before it belongs to it.")
        .field("strip_delimiter", &Framing::strip_delimiter,
               "delimiter: whether it is taken off what is handed on.")
        .field("frame_length", &Framing::frame_length, "fixed: the length of every frame.")
        .range(0, gibibyte)
        .unit("bytes")
        .field("escape_byte", &Framing::escape_byte,
               "dle: the byte that begins a frame, in hexadecimal: `1a`.")
        .field("sync", &Framing::sync,
               "sync: the 1 to 16 bytes that begin a frame, in hexadecimal: `b562`.")
        .field("checksum", &Framing::checksum, "sync: what the last bytes of a frame are.")
        .field("checksum_offset", &Framing::checksum_offset,
               "sync: from which byte of the frame on the checksum is, up to itself.")
        .range(0, gibibyte)
        .unit("bytes")
        .field("strip_checksum", &Framing::strip_checksum,
               "sync: whether the checksum is taken off what is handed on.");
}

void describe_all(Describer<Framing>& describer) {
    describer
        .field("initial_bytes_to_strip", &Framing::initial_bytes_to_strip,
               "length, varint, delimiter, fixed, sync: how many bytes at the front of a frame are "
               "not handed on. A varint counts as one byte, however long it is.")
        .range(0, gibibyte)
        .unit("bytes")
        .field("max_frame_length", &Framing::max_frame_length,
               "The longest frame, on the wire. A length field that says less is the maximum then.")
        .range(1, gibibyte)
        .unit("bytes")
        .field("max_hunt_length", &Framing::max_hunt_length,
               "dle, sync: how many bytes in a row may belong to no frame; beyond them the stream "
               "is closed.")
        .range(1, gibibyte)
        .unit("bytes")
        .field("on_bad_frame", &Framing::on_bad_frame,
               "What to do about bytes that are no frame: `close` the stream, `skip` the frame, or "
               "`resync`: look for the next frame from the next byte on; only delimiter, slip, "
               "cobs, dle and sync can. `automatic` is `resync` for dle and sync, else `close`.")
        .field("on_oversize", &Framing::on_oversize,
               "What to do about a frame longer than max_frame_length; not for fixed, dle and raw.")
        .check(check_framing)
        .short_text<&Framing::parse, &Framing::to_string>(
            "a short text such as length:u32be,strip:4 or lines or sync:b562,length:u16le@4");
}

}  // namespace

const StructDescription& describe(TypeTag<Framing>) {
    static const StructDescription description = [] {
        Describer<Framing> describer("Framing", "How messages are found in a stream of bytes.");
        describe_length(describer);
        describe_others(describer);
        describe_all(describer);
        return StructDescription(describer);
    }();
    return description;
}

Result<void> validate(const Framing& framing) {
    std::vector<Complaint> complaints;
    check_framing(framing, complaints);
    if (complaints.empty()) {
        return {};
    }
    std::string detail;
    for (const Complaint& complaint : complaints) {
        detail += (detail.empty() ? "" : "; ") + complaint.key + " " + complaint.message;
    }
    return Error(Errc::invalid_argument, std::move(detail));
}

OnBadFrame on_bad_frame(const Framing& framing) noexcept {
    if (framing.on_bad_frame != OnBadFrame::automatic) {
        return framing.on_bad_frame;
    }
    const bool hunts = framing.kind == FramingKind::sync || framing.kind == FramingKind::dle;
    return hunts ? OnBadFrame::resync : OnBadFrame::close;
}

std::shared_ptr<const Framer> make_framer(const Framing& framing) {
    SLUICE_CHECK(validate(framing), "make_framer() of a framing that is not valid");
    switch (framing.kind) {
        case FramingKind::length:
            return make_length_field_framer(framing);
        case FramingKind::varint:
            return make_varint_framer(framing);
        case FramingKind::delimiter:
            return make_delimiter_framer(framing);
        case FramingKind::fixed:
            return make_fixed_framer(framing);
        case FramingKind::octet_counting:
            return make_octet_counting_framer(framing);
        case FramingKind::netstring:
            return make_netstring_framer(framing);
        case FramingKind::slip:
            return make_slip_framer(framing);
        case FramingKind::cobs:
            return make_cobs_framer(framing);
        case FramingKind::dle:
            return make_dle_framer(framing);
        case FramingKind::sync:
            return make_sync_framer(framing);
        case FramingKind::raw:
            break;
    }
    return make_raw_framer(framing);
}

}  // namespace sluice
