/// Messages behind their length (32 bits, big-endian), and one who cuts them out of a stream with
/// the help of the wish.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/net/packet.hpp"

namespace sluice::test {

/// What is sent: the size and the bytes of each message follow from its number.
class LengthMessages {
  public:
    using SizeOf = std::function<std::size_t(std::uint64_t number)>;
    static constexpr std::size_t header_b = 4;
    static constexpr std::size_t body_b_max = std::size_t{2} * 1024 * 1024;

    explicit LengthMessages(SizeOf size_of)
        : size_of_(std::move(size_of)), pattern_(body_b_max + shift_max) {
        std::uint32_t state = 1;
        for (std::byte& byte : pattern_) {
            state = state * 1'664'525U + 1'013'904'223U;
            byte = static_cast<std::byte>(state >> 24U);
        }
    }

    [[nodiscard]] std::span<const std::byte> body(std::uint64_t number) const {
        return std::span(pattern_).subspan(number * 61 % shift_max, size_of_(number));
    }
    [[nodiscard]] std::string header(std::uint64_t number) const {
        const std::size_t size = size_of_(number);
        std::string text(header_b, '\0');
        for (std::size_t i = 0; i < header_b; ++i) {
            text[i] = static_cast<char>(size >> (24 - 8 * i) & 0xFFU);
        }
        return text;
    }
    /// The first `count` messages as they are sent.
    [[nodiscard]] std::string stream(std::uint64_t count) const {
        std::string text;
        for (std::uint64_t number = 0; number < count; ++number) {
            const std::span<const std::byte> bytes = body(number);
            text += header(number);
            text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        }
        return text;
    }

    static std::size_t length(std::span<const std::byte> header) {
        std::size_t size = 0;
        for (const std::byte byte : header.first(header_b)) {
            size = size << 8U | std::to_integer<std::size_t>(byte);
        }
        return size;
    }

  private:
    static constexpr std::size_t shift_max = 251;
    SizeOf size_of_;
    std::vector<std::byte> pattern_;
};

/// What a framer knows of the end of a message.
enum class Knowledge : std::uint8_t {
    length,                ///< As soon as the header is there.
    length_after_a_large,  ///< The same, and the header behind a large message is read exactly.
    nothing,               ///< It finds the end when that is there, as with a delimiter.
};

/// Each message must stand in one piece of memory and be the next one. What is wrong once stays.
class LengthCutter {
  public:
    explicit LengthCutter(const LengthMessages& messages, Knowledge knowledge = Knowledge::length)
        : messages_(messages), knowledge_(knowledge) {}

    /// A connection begins, and with it the first message.
    void begin() {
        tail_.reset();
        number_ = 0;
        is_behind_a_large_ = false;
    }

    [[nodiscard]] net::ReceiveWish wish() {
        const std::size_t need_b = this->need_b();
        const bool reads_header = is_behind_a_large_ && tail_.size() < LengthMessages::header_b &&
                                  knowledge_ == Knowledge::length_after_a_large;
        return {.tail = &tail_,
                .need_b = need_b,
                .is_final = knowledge_ != Knowledge::nothing,
                .limit_b = reads_header ? LengthMessages::header_b - tail_.size() : 0};
    }

    void cut(net::Packet&& packet) {
        is_right_ = is_right_ && packet.carried_b == tail_.size() &&
                    packet.data.size() > packet.carried_b && has_tail(packet.data.bytes());
        std::span<const std::byte> rest = packet.data.bytes();
        while (is_right_ && rest.size() >= LengthMessages::header_b &&
               rest.size() - LengthMessages::header_b >= LengthMessages::length(rest)) {
            const std::size_t size = LengthMessages::length(rest);
            check(rest.subspan(LengthMessages::header_b, size));
            rest = rest.subspan(LengthMessages::header_b + size);
        }
        tail_ = packet.data.slice(packet.data.size() - rest.size(), rest.size());
        if (rest.empty()) {
            tail_.reset();
        }
    }

    [[nodiscard]] bool is_right() const { return is_right_; }
    /// Of the present connection.
    [[nodiscard]] std::uint64_t messages() const { return number_; }
    [[nodiscard]] const Buffer& tail() const { return tail_; }

  private:
    static constexpr std::size_t large_b = std::size_t{128} * 1024;

    [[nodiscard]] std::size_t need_b() const {
        if (knowledge_ == Knowledge::nothing) {
            return tail_.size() + 1;
        }
        return tail_.size() < LengthMessages::header_b
                   ? LengthMessages::header_b
                   : LengthMessages::header_b + LengthMessages::length(tail_.bytes());
    }
    /// A look at both ends, or small receives of large messages would take for ever.
    [[nodiscard]] bool has_tail(std::span<const std::byte> bytes) const {
        return tail_.empty() || (bytes.front() == tail_.bytes().front() &&
                                 bytes[tail_.size() - 1] == tail_.bytes().back());
    }
    void check(std::span<const std::byte> body) {
        const std::span<const std::byte> expected = messages_.body(number_);
        is_right_ = body.size() == expected.size() &&
                    (body.empty() || std::memcmp(body.data(), expected.data(), body.size()) == 0);
        is_behind_a_large_ = body.size() > large_b;
        ++number_;
    }

    const LengthMessages& messages_;
    const Knowledge knowledge_;
    Buffer tail_;
    std::uint64_t number_ = 0;
    bool is_behind_a_large_ = false;
    bool is_right_ = true;
};

}  // namespace sluice::test
