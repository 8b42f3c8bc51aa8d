#include "cli/frame_inspector.hpp"

#include <algorithm>
#include <bit>

#include "cli/amount.hpp"
#include "cli/frame_dump.hpp"
#include "cli/incident_text.hpp"
#include "cli/packet_format.hpp"
#include "sluice/core/check.hpp"
#include "sluice/core/hex_dump.hpp"

namespace sluice::cli {
namespace {

std::string number_or_null(std::uint64_t number) {
    return number > 0 ? std::to_string(number) : "null";
}

/// Says how many bytes a dump left out.
void append_more(std::string& text, std::uint64_t shown_b, std::uint64_t all_b) {
    if (shown_b > 0 && shown_b < all_b) {
        text += "          .. " + amount(all_b - shown_b, "byte") + " more\n";
    }
}

/// What is known of the skipped bytes.
std::span<const std::byte> front_of(const FramingIncident& incident, std::uint64_t end) {
    return std::span(incident.front)
        .first(static_cast<std::size_t>(
            std::min<std::uint64_t>(incident.front_b, end - incident.stream_offset)));
}

}  // namespace

BufferPoolOptions pool_options(const InspectorOptions& options) {
    constexpr std::size_t header_b = 64;
    constexpr std::size_t blocks = 8;  // it grows to twice its size, and is copied without escapes
    BufferPoolOptions pool;
    pool.size_b += blocks * std::bit_ceil(std::size_t{options.framing.max_frame_length} + header_b);
    return pool;
}

/// A frame on the wire: [ header | payload | trailer ].
struct FrameInspector::Parts {
    std::span<const std::byte> wire;
    std::size_t payload_begin = 0;
    std::size_t payload_end = 0;
};

FrameInspector::FrameInspector(const InspectorOptions& options, BufferPool& pool)
    : options_(options),
      decoder_(make_framer(options.framing),
               {.on_bad_frame = on_bad_frame(options.framing),
                .on_oversize = options.framing.on_oversize,
                .hunt_b_max = options.framing.max_hunt_length,
                .on_incident =
                    [this](const FramingIncident& incident) {
                        end_incident(incident.stream_offset, false);
                        incident_ = incident;
                    }},
               pool) {}

Result<void> FrameInspector::feed(const Buffer& bytes) {
    if (!is_closed_) {
        window_.insert(window_.end(), bytes.bytes().begin(), bytes.bytes().end());
    }
    if (Result<void> taken = decoder_.append(bytes); !taken) {
        return taken;
    }
    if (Result<void> drained = drain(); !drained) {
        return drained;
    }
    const std::uint64_t passed_b = decoder_.tail_offset() - window_offset_;
    window_.erase(window_.begin(),
                  window_.begin() + static_cast<std::ptrdiff_t>(
                                        std::min<std::uint64_t>(passed_b, window_.size())));
    window_offset_ += passed_b;
    return {};
}

Result<void> FrameInspector::finish() {
    decoder_.end_stream();
    if (Result<void> drained = drain(); !drained) {
        return drained;
    }
    end_incident(decoder_.tail_offset(), false);
    return {};
}

Result<void> FrameInspector::drain() {
    FrameBatch batch;
    while (!is_closed_ && !is_done_) {
        const Result<bool> found = decoder_.next(batch);
        if (!found && found.error().code() != Errc::bad_frame) {
            return found.error();
        }
        is_closed_ = !found;
        if (!found || !*found) {
            return {};
        }
        FrameReader reader(batch);
        while (const Frame* frame = is_done_ ? nullptr : reader.next()) {
            end_incident(frame->stream_offset, true);
            show(*frame);
        }
    }
    return {};
}

/// Asks the framer again about what came.
FrameInspector::Parts FrameInspector::parts_of(const Frame& frame) const {
    const auto wire =
        std::span(window_).subspan(static_cast<std::size_t>(frame.stream_offset - window_offset_),
                                   static_cast<std::size_t>(frame.wire_b));
    const Scan scan = decoder_.framer().scan(wire, {.is_synced = true, .is_end = true});
    SLUICE_CHECK(scan.kind == Scan::Kind::frame, "a framer that does not find a frame again");
    return {.wire = wire,
            .payload_begin = scan.payload_offset,
            .payload_end = scan.payload_offset + scan.payload_b};
}

void FrameInspector::show(const Frame& frame) {
    ++frames_;
    ++sizes_[frame.payload.size()];
    payload_b_ += frame.payload.size();
    wire_b_ += frame.wire_b;
    is_done_ = frames_ == options_.frames_max;
    const Parts parts = parts_of(frame);
    if (options_.json) {
        show_json(frame, parts);
    } else {
        show_text(frame, parts);
    }
}

void FrameInspector::show_text(const Frame& frame, const Parts& parts) {
    // A length field that is handed on is a header all the same.
    const std::size_t header_b =
        std::min(std::max(parts.payload_begin, decoder_.framer().header_b()), parts.payload_end);
    const std::size_t trailer_b = parts.wire.size() - parts.payload_end;
    text_ += "frame " + std::to_string(frames_) + " at " + std::to_string(frame.stream_offset) +
             ": " + amount(frame.wire_b, "byte") + ", header " + std::to_string(header_b) +
             (header_b > parts.payload_begin ? " (handed on)" : "") + ", payload " +
             std::to_string(frame.payload.size());
    text_ += trailer_b > 0 ? ", trailer " + std::to_string(trailer_b) + "\n" : "\n";
    const auto shown_b =
        static_cast<std::size_t>(std::min<std::uint64_t>(options_.shown_b, parts.wire.size()));
    append_frame_dump(text_, parts.wire.first(shown_b),
                      {.offset = frame.stream_offset,
                       .payload_begin = header_b,
                       .payload_end = parts.payload_end,
                       .colour = options_.colour});
    append_more(text_, shown_b, parts.wire.size());
}

void FrameInspector::show_json(const Frame& frame, const Parts& parts) {
    text_ += R"({"type":"frame","offset":)" + std::to_string(frame.stream_offset) +
             ",\"length\":" + std::to_string(frame.payload.size()) + ",\"data\":\"";
    append_base64(text_, frame.payload);
    text_ += "\",\"wire_length\":" + std::to_string(frame.wire_b) +
             ",\"payload_offset\":" + std::to_string(parts.payload_begin) + "}\n";
}

void FrameInspector::end_incident(std::uint64_t end, bool is_resumed) {
    if (!incident_) {
        return;
    }
    if (options_.json) {
        show_json(*incident_, end, is_resumed);
    } else {
        show_text(*incident_, end, is_resumed);
    }
    incident_.reset();
}

void FrameInspector::show_text(const FramingIncident& incident, std::uint64_t end,
                               bool is_resumed) {
    const std::uint64_t skipped_b = end - incident.stream_offset;
    text_ += options_.colour ? colour_bad : "";
    text_ += "no frame: " + incident_text(incident) + "\n";
    text_ += "skipped " + amount(skipped_b, "byte") +
             (is_resumed ? ", resumed at " + std::to_string(end) : ", not resumed") + "\n";
    text_ += options_.colour ? colour_none : "";
    const std::span<const std::byte> front = front_of(incident, end);
    const auto shown_b =
        static_cast<std::size_t>(std::min<std::uint64_t>(front.size(), options_.shown_b));
    append_hex_dump(text_, incident.stream_offset, front.first(shown_b));
    append_more(text_, shown_b, skipped_b);
}

void FrameInspector::show_json(const FramingIncident& incident, std::uint64_t end,
                               bool is_resumed) {
    text_ += R"({"type":"incident","offset":)" + std::to_string(incident.stream_offset) +
             ",\"fault\":\"" + std::string(name(incident.fault)) +
             "\",\"skipped\":" + std::to_string(end - incident.stream_offset) +
             ",\"resumed\":" + (is_resumed ? std::to_string(end) : "null") +
             ",\"claimed\":" + number_or_null(incident.claimed_b) +
             ",\"limit\":" + std::to_string(incident.limit_b) + ",\"data\":\"";
    append_base64(text_, front_of(incident, end));
    text_ += "\"}\n";
}

std::string FrameInspector::summary() const {
    const FramingLedger& ledger = decoder_.ledger();
    std::string text = amount(frames_, "frame") + ": " + amount(payload_b_, "byte") +
                       " of payload, " + std::to_string(wire_b_ - payload_b_) +
                       " of overhead; skipped " + amount(ledger.skipped_b, "byte");
    if (const std::string faults = faults_text(ledger); !faults.empty()) {
        text += ": " + faults;
    }
    if (sizes_.empty()) {
        return text;
    }
    std::uint64_t seen = 0;
    const auto median = std::find_if(sizes_.begin(), sizes_.end(), [&](const auto& size) {
        seen += size.second;
        return seen >= (frames_ + 1) / 2;
    });
    return text + "\npayloads: the smallest " + std::to_string(sizes_.begin()->first) +
           ", the median " + std::to_string(median->first) + ", the largest " +
           amount(sizes_.rbegin()->first, "byte");
}

}  // namespace sluice::cli
