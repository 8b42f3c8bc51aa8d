/// Whole frames that came together.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "sluice/buffers/buffer.hpp"
#include "sluice/framing/framer.hpp"

namespace sluice {

/// One frame of a batch.
struct Frame {
    /// What is handed on: without the stripped bytes, escapes undone. Lives as long as the batch's
    /// bytes.
    std::span<const std::byte> payload;
    std::uint64_t stream_offset = 0;  ///< Of the frame's first byte in what was received.
    std::uint64_t wire_b = 0;         ///< The frame's length on the wire.
};

/// A run of whole frames in one share of memory: a slice of what was received, in which they stand
/// one behind the other (nothing was copied); or, if the framing escapes bytes, a block of records
/// that the decoder wrote. Cheap to move between threads: it carries no list of its frames, whoever
/// reads it finds their borders again. The framer must outlive it.
class FrameBatch {
  public:
    FrameBatch() = default;

    [[nodiscard]] bool empty() const noexcept { return frames_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return frames_; }  ///< Frames.
    [[nodiscard]] std::uint64_t payload_b() const noexcept { return payload_b_; }
    /// Of the first frame's first byte in what was received.
    [[nodiscard]] std::uint64_t stream_offset() const noexcept { return stream_offset_; }
    /// The memory of all frames: share it to keep payloads alive.
    [[nodiscard]] const Buffer& bytes() const noexcept { return bytes_; }

  private:
    friend class FrameDecoder;
    friend class FrameReader;

    Buffer bytes_;
    const Framer* framer_ = nullptr;
    std::uint32_t frames_ = 0;
    bool has_records_ = false;
    std::uint64_t stream_offset_ = 0;
    std::uint64_t payload_b_ = 0;
};

/// Reads the frames of a batch in their order.
///
///     FrameReader reader(batch);
///     while (const Frame* frame = reader.next()) use(frame->payload);
class FrameReader {
  public:
    FrameReader() = default;
    /// `batch` must outlive the reader, at its place.
    explicit FrameReader(const FrameBatch& batch) noexcept;

    /// The next frame, valid until the next call; null behind the last.
    [[nodiscard]] const Frame* next() {
        if (alike_ == 0) {
            return find_next();
        }
        --alike_;
        frame_.payload = {frame_.payload.data() + frame_.wire_b, frame_.payload.size()};
        frame_.stream_offset += frame_.wire_b;
        return &frame_;
    }

  private:
    static constexpr std::size_t extents_max = 64;

    [[nodiscard]] const Frame* find_next();
    [[nodiscard]] bool find_alike();
    void find_more();
    void read_record();

    const FrameBatch* batch_ = nullptr;
    std::uint32_t alike_ = 0;        // frames that follow frame_ and are laid out as it is
    std::uint32_t left_ = 0;         // frames not returned yet, without these
    std::size_t run_begin_ = 0;      // of the extents, in the batch's bytes
    std::uint32_t extents_ = 0;      // found
    std::uint32_t extent_ = 0;       // of these, the next
    std::uint32_t frame_begin_ = 0;  // of that one, in the run
    Frame frame_;
    std::array<FrameExtent, extents_max> found_;
};

}  // namespace sluice
