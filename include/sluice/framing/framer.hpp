/// One way to find messages in a stream of bytes, and to write them into one. No I/O, no state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "sluice/core/result.hpp"

namespace sluice {

/// What is wrong with bytes that should be a frame; the names (`name()`) are a contract of the
/// statistics.
enum class FrameFault : std::uint8_t {
    oversize,      ///< Longer than `max_frame_length`.
    bad_length,    ///< A length that no frame has: negative, an overlong varint, not a number.
    bad_sync,      ///< No frame begins here.
    bad_checksum,  ///< The checksum of the frame is not that of its bytes.
    bad_escape,    ///< An escape sequence or a code that the framing does not have.
    lost_sync,     ///< No frame within `max_hunt_length` bytes.
    truncated,     ///< The stream ended within a frame.
    timeout,       ///< The rest of a frame did not come in time.
};
inline constexpr std::size_t frame_fault_count = 8;
[[nodiscard]] std::string_view name(FrameFault fault) noexcept;

/// What a framer is told about the unparsed bytes besides themselves.
struct ScanState {
    /// So many of them, from the front, were scanned before and were not enough: a search goes on
    /// there instead of at the front.
    std::size_t seen_b = 0;
    /// A frame is known to begin at the front: it follows another one. False while hunting: at the
    /// front of a stream that was joined anywhere, or behind bytes that were no frame.
    bool is_synced = true;
    /// No more bytes will come.
    bool is_end = false;
};

/// A framer's answer about the front of the unparsed bytes.
struct Scan {
    enum class Kind : std::uint8_t {
        need,   ///< It cannot be told yet.
        frame,  ///< A whole frame.
        bad,    ///< No frame.
    };

    Kind kind = Kind::need;
    /// frame: its length on the wire. need: so many bytes, from the front on, are needed before
    /// the answer can be another: the length of the whole frame where that is known, else at least
    /// one more than there are. bad: so many bytes, from the front on, belong to no frame (may be
    /// more than there are); 0: the framing cannot tell where the next frame begins.
    std::uint64_t bytes = 0;
    /// frame: where the payload is in it.
    std::size_t payload_offset = 0;
    std::size_t payload_b = 0;
    /// bad: why.
    FrameFault fault = FrameFault::bad_sync;
    /// bad: whether a frame is known to begin behind `bytes`.
    bool is_synced = false;
    /// bad: the length that the frame claims to have, where it claims one.
    std::uint64_t claimed_b = 0;

    [[nodiscard]] static constexpr Scan need(std::uint64_t bytes) noexcept {
        return {.kind = Kind::need, .bytes = bytes};
    }
    [[nodiscard]] static constexpr Scan frame(std::size_t bytes, std::size_t payload_offset,
                                              std::size_t payload_b) noexcept {
        return {.kind = Kind::frame,
                .bytes = bytes,
                .payload_offset = payload_offset,
                .payload_b = payload_b};
    }
};

/// A frame in a run of frames: offsets from the front of the run.
struct FrameExtent {
    std::uint32_t end = 0;  ///< Of the frame; it begins where the one before ends.
    std::uint32_t payload_begin = 0;
    std::uint32_t payload_b = 0;
};

/// The whole frames that stand one behind the other at the front of some bytes.
struct FrameRun {
    std::size_t frames = 0;
    std::size_t bytes = 0;
    /// The answer about what follows them; `frame` if only the place for extents ended the run.
    Scan stop;
};

/// The bytes that stand around a body in a frame.
class FrameEnvelope {
  public:
    /// What precedes the body in any frame: the caller's head, sync bytes and a length.
    static constexpr std::size_t before_b_max = 320;
    static constexpr std::size_t after_b_max = 16;

    [[nodiscard]] std::span<const std::byte> before() const noexcept {
        return std::span(before_).first(before_b_);
    }
    [[nodiscard]] std::span<const std::byte> after() const noexcept {
        return std::span(after_).first(after_b_);
    }
    /// REQUIRES: there is room left.
    void append_before(std::span<const std::byte> bytes);
    void append_after(std::span<const std::byte> bytes);

  private:
    std::uint16_t before_b_ = 0;
    std::uint8_t after_b_ = 0;
    std::array<std::byte, before_b_max> before_;
    std::array<std::byte, after_b_max> after_;
};

/// A frame that is nothing but a length and a body.
struct LengthPrefix {
    std::size_t bytes = 0;  ///< 1 to 8.
    bool is_big_endian = true;
    std::uint64_t value_offset = 0;  ///< The length field says this much more than the body has.
    std::size_t body_b_max = 0;
};

/// A message in pieces, in their order.
using FrameBody = std::span<const std::span<const std::byte>>;
[[nodiscard]] std::size_t size_b(FrameBody body) noexcept;

/// A framing as functions of bytes. Immutable: any threads may use one at the same time.
///
/// A framer of one's own derives from this and defines `scan` and `enclose`; that is all that is
/// needed. It must answer `need` only with more bytes than there are, `frame` and `bad` only about
/// bytes within its maximum, and must not depend on how the stream was cut into receives.
class Framer {
  public:
    virtual ~Framer() = default;

    /// What stands at the front of `unparsed`. An empty `unparsed` is answered with `need`.
    [[nodiscard]] virtual Scan scan(std::span<const std::byte> unparsed,
                                    const ScanState& state) const = 0;

    /// As many whole frames as there are at the front, up to the size of `extents`, of fewer than
    /// 2^32 bytes. Calls `scan`; the framers of this room do it without a virtual call per frame.
    [[nodiscard]] virtual FrameRun scan_run(std::span<const std::byte> unparsed, ScanState state,
                                            std::span<FrameExtent> extents) const;

    /// How many frames stand at the front of `unparsed`, directly behind one of `frame_b` bytes,
    /// that are laid out as that one is: of as many bytes, with the payload at the same place; at
    /// most `frames_max`. May count fewer than there are, also none: `scan_run` finds the others.
    /// Makes streams of messages of one size cheap, where a comparison a frame tells.
    [[nodiscard]] virtual std::size_t count_alike(std::span<const std::byte> unparsed,
                                                  std::size_t frame_b,
                                                  std::size_t frames_max) const;

    /// What must be written before and behind `body` to make a frame of it. `head` is what stands
    /// before a length field (of `length_field_offset` bytes, without the sync bytes); other
    /// framings have none. The pieces are looked at, never copied. Errors: `too_large` over
    /// max_frame_length or what a length field can say; `invalid_argument` for a body or a head
    /// that this framing cannot carry (a delimiter inside, another size than the fixed one).
    [[nodiscard]] virtual Result<FrameEnvelope> enclose(std::span<const std::byte> head,
                                                        FrameBody body) const = 0;

    /// What `enclose` writes around a body, if that is only a length: whoever sends small messages
    /// at a high rate writes it himself. Null: more than that.
    [[nodiscard]] virtual const LengthPrefix* length_prefix() const noexcept { return nullptr; }

    // Framings that escape bytes (SLIP, COBS, DLE): a payload on the wire is not the payload.

    [[nodiscard]] virtual bool is_escaped() const noexcept { return false; }
    /// Undoes the escapes of a payload that `scan` found, which are valid then; returns how many
    /// bytes it wrote. REQUIRES: is_escaped(), target.size() >= payload.size().
    [[nodiscard]] virtual std::size_t unescape(std::span<const std::byte> payload,
                                               std::span<std::byte> target) const;
    /// The longest frame of a body of so many bytes. REQUIRES: is_escaped().
    [[nodiscard]] virtual std::size_t escaped_b_max(std::size_t body_b) const noexcept;
    /// Writes the whole frame instead of `enclose`; returns its length. Errors: as of `enclose`.
    /// REQUIRES: is_escaped(), target.size() >= escaped_b_max(size_b(body)).
    [[nodiscard]] virtual Result<std::size_t> escape(FrameBody body,
                                                     std::span<std::byte> target) const;

    /// No frame is longer, in bytes on the wire.
    [[nodiscard]] virtual std::size_t frame_b_max() const noexcept = 0;
    /// So many bytes tell the length of a frame, where a header does: what is read alone when
    /// bodies should go straight to their place; 0: no such header.
    [[nodiscard]] virtual std::size_t header_b() const noexcept { return 0; }

    /// Whether it finds the begin of a frame anywhere: then a stream may be joined anywhere, and
    /// its front counts as not synced.
    [[nodiscard]] virtual bool hunts() const noexcept { return false; }

    Framer(const Framer&) = delete;
    Framer& operator=(const Framer&) = delete;

  protected:
    Framer() = default;
};

}  // namespace sluice
