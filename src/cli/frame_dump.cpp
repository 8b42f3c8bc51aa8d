#include "cli/frame_dump.hpp"

#include <algorithm>

#include "cli/packet_format.hpp"

namespace sluice::cli {
namespace {

constexpr std::size_t bytes_per_line = 16;

/// Writes one line, and changes the colour where a part of the frame begins.
class Line {
  public:
    Line(std::string& out, const FrameBorders& borders) : out_(out), borders_(borders) {}

    void write(std::size_t begin, std::span<const std::byte> bytes) {
        write_offset(borders_.offset + begin);
        for (std::size_t i = 0; i < bytes_per_line; ++i) {
            write_gap(i, begin + i, i < bytes.size());
            if (i < bytes.size()) {
                colour_for(begin + i);
                append_hex_byte(out_, bytes[i]);
            } else {
                out_ += "  ";
            }
        }
        colour({});
        out_ += "  |";
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            colour_for(begin + i);
            const char c = static_cast<char>(bytes[i]);
            out_ += c >= 0x20 && c < 0x7f ? c : '.';
        }
        colour({});
        out_ += "|\n";
    }

  private:
    void write_offset(std::uint64_t offset) {
        for (int shift = offset >> 32U == 0 ? 24 : 56; shift >= 0; shift -= 8) {
            append_hex_byte(out_, static_cast<std::byte>(offset >> static_cast<unsigned>(shift)));
        }
    }

    void write_gap(std::size_t column, std::size_t at, bool is_there) {
        const bool is_border =
            at > 0 && is_there && (at == borders_.payload_begin || at == borders_.payload_end);
        colour({});
        out_ += column % (bytes_per_line / 2) == 0 ? " " : "";
        out_ += is_border ? '|' : ' ';
    }

    void colour_for(std::size_t at) {
        colour(at < borders_.payload_begin ? colour_header
               : at < borders_.payload_end ? std::string_view()
                                           : colour_trailer);
    }

    void colour(std::string_view wanted) {
        if (borders_.colour && wanted != now_) {
            out_ += wanted.empty() ? colour_none : wanted;
            now_ = wanted;
        }
    }

    std::string& out_;
    const FrameBorders& borders_;
    std::string_view now_;
};

}  // namespace

void append_frame_dump(std::string& out, std::span<const std::byte> frame,
                       const FrameBorders& borders) {
    for (std::size_t begin = 0; begin < frame.size(); begin += bytes_per_line) {
        Line(out, borders)
            .write(begin, frame.subspan(begin, std::min(bytes_per_line, frame.size() - begin)));
    }
}

}  // namespace sluice::cli
