#include "stages/message_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>

#include "sluice/core/hex_dump.hpp"
#include "sluice/core/utf8.hpp"
#include "sluice/messages/egress_packet.hpp"
#include "sluice/messages/frame_group.hpp"
#include "sluice/messages/json.hpp"
#include "sluice/messages/tcp_packet_group.hpp"

namespace sluice {
namespace {

using Bytes = std::span<const std::byte>;
using AppendBytes = void (*)(std::string& out, std::uint64_t offset, Bytes bytes);

void append_text_bytes(std::string& out, std::uint64_t, Bytes bytes) {
    out += ' ';
    append_escaped(out, bytes);
    out += '\n';
}

void append_hex_bytes(std::string& out, std::uint64_t offset, Bytes bytes) {
    out += '\n';
    append_hex_dump(out, offset, bytes);
}

void append_as_json(std::string& out, const AnyDelivery& delivery) {
    if (delivery.description() == nullptr) {
        out += "null";
    } else {
        append_json(out, *delivery.description(), delivery.object());
    }
}

void append_json_text(std::string& out, std::string_view text) {
    const std::string copy(text);
    append_json(out, value_type<std::string>(), &copy);
}

/// Shows the bytes of one message until the budget is spent.
class BytesText {
  public:
    BytesText(std::string& out, std::string_view channel, AppendBytes append,
              std::uint64_t bytes_max)
        : out_(out), channel_(channel), append_(append), left_(bytes_max) {}

    /// A piece of the message; `offset` is that of its first byte.
    void add(std::optional<SystemTime> time, std::uint64_t offset, Bytes bytes) {
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
        if (size > 0 || bytes.empty()) {
            (out_ += channel_) += ' ';
            if (time) {
                append_time(out_, *time);
                out_ += ' ';
            }
            out_ += counted(bytes.size(), "byte");
            append_(out_, offset, bytes.first(size));
        }
        left_ -= size;
        hidden_ += bytes.size() - size;
    }
    void finish() {
        if (hidden_ > 0) {
            out_ += "... " + counted(hidden_, "byte") + " not shown\n";
        }
    }

  private:
    std::string& out_;
    const std::string_view channel_;
    const AppendBytes append_;
    std::uint64_t left_;
    std::uint64_t hidden_ = 0;
};

void append_message(std::string& out, const AnyDelivery& delivery, std::uint64_t lost_before,
                    BytesText text) {
    if (lost_before > 0) {
        (out += delivery.channel()) += " lost " + counted(lost_before, "message") + "\n";
    }
    if (const auto* group = delivery.get_if<TcpPacketGroup>()) {
        for (const TcpPacket& packet : group->packets) {
            text.add(packet.receive_time, packet.stream_offset, packet.data.bytes());
        }
    } else if (const auto* frames = delivery.get_if<FrameGroup>()) {
        for (const TcpFrame& frame : frames->frames) {
            text.add(frame.receive_time, frame.stream_offset, frame.data.bytes());
        }
    } else if (const auto* egress = delivery.get_if<EgressPacket>()) {
        text.add({}, 0, egress->data);
        std::uint64_t offset = egress->data.size();
        for (const Buffer& fragment : egress->fragments) {
            text.add({}, offset, fragment.bytes());
            offset += fragment.size();
        }
    } else {
        (out += delivery.channel()) += ' ';
        append_as_json(out, delivery);
        out += '\n';
    }
    text.finish();
}

/// The size of the front of `text` that can be shown as it is; 0 if none.
std::size_t plain_front(std::string_view text) {
    const Utf8Front front = utf8_front(text);
    const auto first = static_cast<unsigned char>(text[0]);
    const bool is_ascii_control = first < 0x20 || first == 0x7f;
    const bool is_c1_control =
        front.size == 2 && first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
    const bool is_plain =
        front.is_valid && !is_ascii_control && text[0] != '"' && text[0] != '\\' && !is_c1_control;
    return is_plain ? front.size : 0;
}

void append_escape(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto value = static_cast<unsigned char>(c);
    switch (c) {
        case '\r':
            out += "\\r";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\t':
            out += "\\t";
            break;
        case '"':
        case '\\':
            (out += '\\') += c;
            break;
        default:
            ((out += "\\x") += digits[value >> 4U]) += digits[value & 15U];
    }
}

}  // namespace

void append_message_text(std::string& out, const AnyDelivery& delivery, std::uint64_t lost_before,
                         std::uint64_t bytes_max) {
    append_message(out, delivery, lost_before,
                   BytesText(out, delivery.channel(), append_text_bytes, bytes_max));
}

void append_message_hex(std::string& out, const AnyDelivery& delivery, std::uint64_t lost_before,
                        std::uint64_t bytes_max) {
    append_message(out, delivery, lost_before,
                   BytesText(out, delivery.channel(), append_hex_bytes, bytes_max));
}

void append_message_json(std::string& out, const AnyDelivery& delivery, std::uint64_t lost_before) {
    out += "{\"channel\":";
    append_json_text(out, delivery.channel());
    out += ",\"lost_before\":" + std::to_string(lost_before) + ",\"message\":";
    append_as_json(out, delivery);
    out += "}\n";
}

std::string counted(std::uint64_t count, std::string_view noun) {
    return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

void append_time(std::string& out, SystemTime time) {
    using std::chrono::days;
    const std::chrono::sys_time<Duration> moment(time.time_since_epoch());
    const auto day = std::chrono::floor<days>(moment);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(moment - day);
    std::array<char, 64> text;
    const int size = std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%09dZ",
        static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
        static_cast<int>(clock.subseconds().count()));
    out.append(text.data(), static_cast<std::size_t>(size));
}

void append_escaped(std::string& out, std::span<const std::byte> bytes) {
    std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    out += '"';
    while (!text.empty()) {
        const std::size_t plain = plain_front(text);
        if (plain > 0) {
            out += text.substr(0, plain);
        } else {
            append_escape(out, text[0]);
        }
        text.remove_prefix(std::max<std::size_t>(plain, 1));
    }
    out += '"';
}

}  // namespace sluice
