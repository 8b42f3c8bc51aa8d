/// Shows where the frames of a stream are, and where none are.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sluice/framing/frame_decoder.hpp"

namespace sluice::cli {

struct InspectorOptions {
    Framing framing;
    bool json = false;
    bool colour = false;
    std::uint64_t frames_max = 0;  ///< Stop after so many; 0 = never.
    std::uint64_t shown_b = 64;    ///< Of each frame in text.
};

/// Memory for whatever the longest frame needs.
[[nodiscard]] BufferPoolOptions pool_options(const InspectorOptions& options);

/// Text or JSON objects, a frame or an incident at a time, in the order of the stream.
class FrameInspector final {
  public:
    /// Both must outlive the inspector.
    FrameInspector(const InspectorOptions& options, BufferPool& pool);

    /// The next bytes of the stream. Errors: of the pool.
    [[nodiscard]] Result<void> feed(const Buffer& bytes);
    /// The stream ends.
    [[nodiscard]] Result<void> finish();

    /// Whether `frames_max` frames were shown.
    [[nodiscard]] bool is_done() const noexcept { return is_done_; }
    [[nodiscard]] bool has_skipped() const noexcept { return decoder_.ledger().skipped_b > 0; }
    /// What is to be written now: the owner writes and clears it.
    [[nodiscard]] std::string& text() noexcept { return text_; }
    /// Frames, payload, overhead, skipped bytes, faults; and the sizes of payloads.
    [[nodiscard]] std::string summary() const;

  private:
    struct Parts;

    [[nodiscard]] Result<void> drain();
    void show(const Frame& frame);
    void show_text(const Frame& frame, const Parts& parts);
    void show_json(const Frame& frame, const Parts& parts);
    /// Shows the incident that has not been shown. It ends at `end`, with a frame or not.
    void end_incident(std::uint64_t end, bool is_resumed);
    void show_text(const FramingIncident& incident, std::uint64_t end, bool is_resumed);
    void show_json(const FramingIncident& incident, std::uint64_t end, bool is_resumed);
    [[nodiscard]] Parts parts_of(const Frame& frame) const;

    const InspectorOptions& options_;
    FrameDecoder decoder_;
    // What was fed and is not behind the decoder: escaped frames are shown as they came.
    std::vector<std::byte> window_;
    std::uint64_t window_offset_ = 0;
    std::optional<FramingIncident> incident_;
    std::uint64_t frames_ = 0;  // shown
    std::uint64_t payload_b_ = 0;
    std::uint64_t wire_b_ = 0;
    // How many payloads have a size. So many different sizes need a stream that is longer by far:
    // a terabyte for 1.4 million.
    std::map<std::size_t, std::uint64_t> sizes_;
    bool is_closed_ = false;
    bool is_done_ = false;
    std::string text_;
};

}  // namespace sluice::cli
