/// The description of a framing: a value that is written as a YAML map or as a short text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/core/describe.hpp"
#include "sluice/core/result.hpp"
#include "sluice/framing/framer.hpp"

namespace sluice {

enum class FramingKind : std::uint8_t {
    length,          ///< A length field of 1 to 8 bytes.
    varint,          ///< A length as LEB128, as protobuf and MQTT have it.
    delimiter,       ///< Bytes that end each frame.
    fixed,           ///< All frames have one length.
    octet_counting,  ///< RFC 6587: decimal digits, a space, the message.
    netstring,       ///< Decimal digits, a colon, the message, a comma.
    slip,            ///< RFC 1055.
    cobs,            ///< Consistent overhead byte stuffing, a zero behind each frame.
    dle,             ///< An escape byte and a type that decides the length: Beast.
    sync,            ///< Sync bytes, a length field, perhaps a checksum.
    raw,             ///< Each receive is a message.
};
[[nodiscard]] std::span<const std::string_view> enumerators(TypeTag<FramingKind>) noexcept;

enum class FramingByteOrder : std::uint8_t { big, little };
[[nodiscard]] std::span<const std::string_view> enumerators(TypeTag<FramingByteOrder>) noexcept;

/// A checksum is the last bytes of a frame; those of more than one byte in the frame's byte order,
/// fletcher8 in the order of its sums.
enum class FramingChecksum : std::uint8_t {
    none,
    crc16_ccitt,    ///< CRC-16/IBM-3740: polynomial 0x1021, begins with 0xFFFF. 2 bytes.
    crc24q,         ///< Qualcomm's, as in RTCM 3: polynomial 0x1864CFB. 3 bytes.
    crc32,          ///< CRC-32/ISO-HDLC, as in zlib and Ethernet. 4 bytes.
    crc32_novatel,  ///< Its polynomial, but begins with 0 and is not inverted. 4 bytes.
    fletcher8,      ///< RFC 1145's sums, as in UBX: 2 bytes.
    xor8,           ///< 1 byte.
    sum8,           ///< The sum of the bytes modulo 256: 1 byte.
};
[[nodiscard]] std::span<const std::string_view> enumerators(TypeTag<FramingChecksum>) noexcept;

/// What to do about bytes that are no frame. `automatic`: `resync` for sync and dle, which hunt for
/// the next frame, else `close`.
enum class OnBadFrame : std::uint8_t { automatic, close, skip, resync };
[[nodiscard]] std::span<const std::string_view> enumerators(TypeTag<OnBadFrame>) noexcept;

enum class OnOversize : std::uint8_t { close, skip };
[[nodiscard]] std::span<const std::string_view> enumerators(TypeTag<OnOversize>) noexcept;

/// The names are the keys of the map. A key that the kind does not have must be left at its
/// default. docs/framing.md draws the bytes of each kind.
struct Framing {
    FramingKind kind = FramingKind::length;

    // length, sync: frame length = offset + length field + value + adjustment, counted from byte 0,
    // sync bytes included; with length_includes_header the value is the whole frame.
    std::uint32_t length_field_offset = 0;  ///< 0 to 255.
    std::uint32_t length_field_length = 4;  ///< 1 to 8.
    FramingByteOrder byte_order = FramingByteOrder::big;
    std::int32_t length_adjustment = 0;
    bool length_includes_header = false;

    std::uint32_t varint_offset = 0;      ///< 0 to 255.
    std::string delimiter;                ///< In hexadecimal, 1 to 16 bytes.
    bool accept_carriage_return = false;  ///< A 0d before the delimiter 0a belongs to it: lines.
    bool strip_delimiter = true;
    std::uint32_t frame_length = 0;  ///< fixed
    std::string escape_byte;         ///< dle: one byte in hexadecimal.
    std::string sync;                ///< In hexadecimal, 1 to 16 bytes.
    FramingChecksum checksum = FramingChecksum::none;
    std::uint32_t checksum_offset = 0;  ///< Where the bytes begin of which it is.
    bool strip_checksum = false;

    /// length, varint, delimiter, fixed, sync: bytes at the front of the frame that are not handed
    /// on. Only the payload gets shorter. A varint counts as one byte, however long it is.
    std::uint32_t initial_bytes_to_strip = 0;
    std::uint64_t max_frame_length = std::uint64_t{16} * 1024 * 1024;  ///< 1 to 1 GiB, on the wire.
    /// sync, dle: so many bytes in a row may belong to no frame; beyond them the stream is closed,
    /// whatever the policies are. 1 to 1 GiB.
    std::uint64_t max_hunt_length = std::uint64_t{64} * 1024;

    OnBadFrame on_bad_frame = OnBadFrame::automatic;
    OnOversize on_oversize = OnOversize::close;

    /// Reads the short text: `KIND[:ARGUMENT]`, then options, all separated by commas:
    ///
    ///     length:u32be   length:u16le@4 length:u32be@1,adjust:-4,includes_header,strip:2,max:1MiB
    ///     varint   varint@1   lines   delimiter:0d0a,keep   fixed:188   octet-counting   netstring
    ///     slip   cobs   dle:1a   sync:b562,length:u16le@4,adjust:2,checksum:fletcher8@2   raw
    ///
    /// `lines` is the delimiter 0a with accept_carriage_return. `keep` is strip_delimiter: false,
    /// `strip_checksum` its key; `bad:close|skip|resync` and `oversize:close|skip` the policies;
    /// `hunt:256KiB` is max_hunt_length. A maximum is a number with nothing, KiB, MiB or GiB behind
    /// it. The result is valid. Errors: `invalid_argument`; the detail says what was given and what
    /// is allowed.
    [[nodiscard]] static Result<Framing> parse(std::string_view text);
    /// The shortest text of which `parse` makes the same. REQUIRES: validate(*this).
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const Framing&, const Framing&) = default;
};

/// Has a short text besides its map.
[[nodiscard]] const StructDescription& describe(TypeTag<Framing>);

/// Whether such a framing can exist: ranges, keys of other kinds, a maximum that the length field
/// cannot express or that holds no frame, a policy that the kind cannot keep (only sync,
/// delimiter, slip, cobs and dle can find the next frame again). All that is wrong, in one error.
[[nodiscard]] Result<void> validate(const Framing& framing);

/// The policy in force: what `automatic` means for this kind.
[[nodiscard]] OnBadFrame on_bad_frame(const Framing& framing) noexcept;

/// REQUIRES: validate(framing).
[[nodiscard]] std::shared_ptr<const Framer> make_framer(const Framing& framing);

}  // namespace sluice
