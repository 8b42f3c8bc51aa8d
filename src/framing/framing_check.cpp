#include "framing/framing_check.hpp"

#include <algorithm>
#include <initializer_list>

#include "framing/checksum.hpp"
#include "framing/dle.hpp"
#include "framing/hex_bytes.hpp"
#include "framing/length_field.hpp"

namespace sluice {
namespace {

using enum FramingKind;

/// A key and the kinds that have it; what is not here all have.
struct KeyKinds {
    std::string_view key;
    std::initializer_list<FramingKind> kinds;
};

constexpr KeyKinds keys_of_some[] = {
    {"length_field_offset", {length, sync}},
    {"length_field_length", {length, sync}},
    {"byte_order", {length, sync}},
    {"length_adjustment", {length, sync}},
    {"length_includes_header", {length, sync}},
    {"varint_offset", {varint}},
    {"delimiter", {delimiter}},
    {"accept_carriage_return", {delimiter}},
    {"strip_delimiter", {delimiter}},
    {"frame_length", {fixed}},
    {"escape_byte", {dle}},
    {"sync", {sync}},
    {"checksum", {sync}},
    {"checksum_offset", {sync}},
    {"strip_checksum", {sync}},
    {"initial_bytes_to_strip", {length, varint, delimiter, fixed, sync}},
    {"max_hunt_length", {dle, sync}},
    {"on_oversize", {length, varint, delimiter, octet_counting, netstring, slip, cobs, sync}},
};

bool is_one_of(FramingKind kind, std::initializer_list<FramingKind> kinds) {
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

std::string_view kind_name(FramingKind kind) {
    return enumerators(TypeTag<FramingKind>{})[static_cast<std::size_t>(kind)];
}

/// Whether both have the same value there.
bool is_same(const Field& field, const Framing& one, const void* other) {
    return std::visit(
        [&](const auto& type) {
            using Type = std::decay_t<decltype(type)>;
            if constexpr (std::is_same_v<Type, TextType>) {
                std::string texts[2];
                type.print(field.in(&one), texts[0]);
                type.print(field.in(other), texts[1]);
                return texts[0] == texts[1];
            } else if constexpr (std::is_same_v<Type, BooleanType> ||
                                 std::is_same_v<Type, IntegerType> ||
                                 std::is_same_v<Type, EnumerationType>) {
                return type.load(field.in(&one)) == type.load(field.in(other));
            } else {
                SLUICE_CHECK(false, "a framing has words, numbers and texts");
                return false;
            }
        },
        field.type->kind);
}

class Check {
  public:
    Check(const Framing& framing, std::vector<Complaint>& complaints)
        : framing_(framing), complaints_(complaints) {}

    void run() {
        const std::size_t before = complaints_.size();
        check_keys();
        check_ranges();
        check_policies();
        if (complaints_.size() == before) {  // what follows means something only then
            check_kind();
        }
    }

  private:
    void error(std::string_view key, std::string message) {
        complaints_.push_back({Complaint::Severity::error, std::string(key), std::move(message)});
    }

    void check_keys();
    void check_ranges();
    void check_policies();
    void check_kind();
    void check_length();
    void check_varint();
    void check_delimiter();
    void check_fixed();
    void check_dle();
    void check_sync();
    /// Returns how many bytes it is; 0 after a complaint.
    std::size_t check_hex(std::string_view key, const std::string& text, std::size_t bytes_max);
    void check_max(std::uint64_t shortest_b);

    const Framing& framing_;
    std::vector<Complaint>& complaints_;
};

void Check::check_keys() {
    const StructDescription& description = describe(TypeTag<Framing>{});
    for (const auto& [key, kinds] : keys_of_some) {
        if (!is_one_of(framing_.kind, kinds) &&
            !is_same(*description.find(key), framing_, description.defaults())) {
            error(key, "is given, which the kind " + std::string(kind_name(framing_.kind)) +
                           " does not have; leave it out");
        }
    }
}

void Check::check_ranges() {
    for (const Field& field : describe(TypeTag<Framing>{}).fields()) {
        const auto* const type = std::get_if<IntegerType>(&field.type->kind);
        // A range that is not told is that of the C++ type.
        if (type == nullptr || field.maximum == std::numeric_limits<double>::max()) {
            continue;
        }
        const std::int64_t number = type->load(field.in(&framing_));
        const auto minimum = static_cast<std::int64_t>(field.minimum);
        const auto maximum = static_cast<std::int64_t>(field.maximum);
        if (number < minimum || number > maximum) {
            error(field.key, "is " + std::to_string(number) + "; allowed are " +
                                 std::to_string(minimum) + " to " + std::to_string(maximum));
        }
    }
}

void Check::check_policies() {
    const bool goes_on =
        framing_.on_bad_frame == OnBadFrame::skip || framing_.on_bad_frame == OnBadFrame::resync;
    if (goes_on && !is_one_of(framing_.kind, {delimiter, slip, cobs, dle, sync})) {
        error("on_bad_frame",
              "is " + std::string(framing_.on_bad_frame == OnBadFrame::skip ? "skip" : "resync") +
                  ", but the kind " + std::string(kind_name(framing_.kind)) +
                  " cannot find the next frame; allowed are automatic and close");
    }
    if (framing_.checksum == FramingChecksum::none) {
        if (framing_.checksum_offset != 0) {
            error("checksum_offset", "is " + std::to_string(framing_.checksum_offset) +
                                         " without a checksum; leave it out");
        }
        if (framing_.strip_checksum) {
            error("strip_checksum", "is true without a checksum; leave it out");
        }
    }
}

void Check::check_max(std::uint64_t shortest_b) {
    if (framing_.max_frame_length < shortest_b) {
        error("max_frame_length", "is " + std::to_string(framing_.max_frame_length) +
                                      ", which holds no frame; allowed are " +
                                      std::to_string(shortest_b) + " or more");
    }
}

void Check::check_kind() {
    switch (framing_.kind) {
        case length:
            return check_length();
        case varint:
            return check_varint();
        case delimiter:
            return check_delimiter();
        case fixed:
            return check_fixed();
        case octet_counting:
        case netstring:
            return check_max(3);  // a digit, a separator and a byte or a comma
        case slip:
        case cobs:
            return check_max(2);
        case dle:
            return check_dle();
        case sync:
            return check_sync();
        case raw:
            return;
    }
}

void Check::check_length() {
    const std::int64_t longest_b = expressible_b_max(framing_);
    const std::uint64_t default_b = Framing().max_frame_length;
    if (framing_.max_frame_length != default_b &&
        static_cast<std::int64_t>(framing_.max_frame_length) > longest_b) {
        error("max_frame_length", "is " + std::to_string(framing_.max_frame_length) +
                                      ", but the length field cannot say more than " +
                                      std::to_string(std::max<std::int64_t>(longest_b, 0)) +
                                      "; allowed are no more than that");
    }
    const std::uint64_t needed_b = length_frame_b_min(framing_);
    if (longest_b < static_cast<std::int64_t>(needed_b)) {
        error("length_adjustment", "is " + std::to_string(framing_.length_adjustment) +
                                       ", so that no frame is longer "
                                       "than " +
                                       std::to_string(longest_b) + " bytes; a frame needs " +
                                       std::to_string(needed_b) +
                                       " for its header, its checksum and what is stripped");
        return;
    }
    check_max(std::max(needed_b, static_cast<std::uint64_t>(
                                     std::max<std::int64_t>(expressible_b_min(framing_), 0))));
}

void Check::check_varint() {
    check_max(std::max<std::uint64_t>(framing_.varint_offset + 1, framing_.initial_bytes_to_strip));
}

std::size_t Check::check_hex(std::string_view key, const std::string& text, std::size_t bytes_max) {
    const std::size_t bytes = hex_bytes(text).size();
    if (bytes >= 1 && bytes <= bytes_max) {
        return bytes;
    }
    const bool is_printable = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
    error(key, (is_printable ? "is \"" + text.substr(0, 80) + "\"" : "has other characters") +
                   "; allowed are " + (bytes_max == 1 ? "1 byte" : "1 to 16 bytes") +
                   " as pairs of hexadecimal digits");
    return 0;
}

void Check::check_delimiter() {
    const std::size_t delimiter_b = check_hex("delimiter", framing_.delimiter, 16);
    if (framing_.accept_carriage_return &&
        hex_bytes(framing_.delimiter) != std::vector<std::byte>{std::byte{0x0a}}) {
        error("accept_carriage_return", "is true; allowed is that only with the delimiter 0a");
    }
    const std::uint64_t strip_b = framing_.initial_bytes_to_strip;
    check_max(framing_.strip_delimiter ? delimiter_b + strip_b : std::max(delimiter_b, strip_b));
}

void Check::check_fixed() {
    const std::uint64_t longest_b = framing_.max_frame_length;
    if (framing_.frame_length < 1 || framing_.frame_length > longest_b) {
        error("frame_length", "is " + std::to_string(framing_.frame_length) +
                                  "; allowed are 1 to " + "max_frame_length, which is " +
                                  std::to_string(longest_b));
    } else if (framing_.initial_bytes_to_strip > framing_.frame_length) {
        error("initial_bytes_to_strip", "is " + std::to_string(framing_.initial_bytes_to_strip) +
                                            "; allowed is no more than frame_length, which is " +
                                            std::to_string(framing_.frame_length));
    }
}

void Check::check_dle() {
    if (check_hex("escape_byte", framing_.escape_byte, 1) == 1 &&
        dle_frame_b(hex_bytes(framing_.escape_byte).front()) != 0) {
        error("escape_byte", "is " + framing_.escape_byte +
                                 ", which is a type of frame; allowed are other bytes than 31, 32, "
                                 "33 and 34");
    }
    check_max(dle_wire_b_max);
}

void Check::check_sync() {
    const std::size_t sync_b = check_hex("sync", framing_.sync, 16);
    if (framing_.length_field_offset < sync_b) {
        error("length_field_offset", "is " + std::to_string(framing_.length_field_offset) +
                                         ", within the sync bytes; allowed are " +
                                         std::to_string(sync_b) + " to 255");
    }
    check_length();
}

}  // namespace

void check_framing(const Framing& framing, std::vector<Complaint>& complaints) {
    Check(framing, complaints).run();
}

}  // namespace sluice
