// A framer of one's own: the answers of memcached, lines and bodies whose length stands in a line.
//
//     memcached ADDRESS KEY...
//
// Asks for the values of the keys, and prints each that is there: a line with its key and size, its
// bytes, and an empty line.

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/framing/frame_decoder.hpp"
#include "sluice/net/link.hpp"

namespace {

using sluice::Scan;

constexpr std::string_view line_end = "\r\n";

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<std::byte> bytes_of(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

/// The word at a place of a line, counted from 0; empty if there is none.
std::string_view word(std::string_view line, int index) {
    for (; index > 0; --index) {
        line.remove_prefix(std::min(line.find(' '), line.size() - 1) + 1);
    }
    return line.substr(0, line.find(' '));
}

/// The frames of memcached's text protocol:
///
///     VALUE <key> <flags> <bytes>\r\n<data>\r\n        with a body
///     END\r\n   STORED\r\n   ERROR\r\n                 all others: a line
///
/// What is handed on is the frame without its last CRLF.
class MemcachedFramer final : public sluice::Framer {
  public:
    Scan scan(std::span<const std::byte> unparsed, const sluice::ScanState&) const override {
        const std::string_view text = text_of(unparsed);
        const std::size_t end = text.substr(0, line_b_max).find(line_end);
        if (end == text.npos) {
            return text.size() < line_b_max ? Scan::need(text.size() + 1) : bad(line_b_max);
        }
        const std::string_view line = text.substr(0, end);
        const std::size_t line_b = line.size() + line_end.size();
        if (word(line, 0) != "VALUE") {
            return Scan::frame(line_b, 0, line.size());
        }
        std::size_t body_b = 0;
        const std::string_view digits = word(line, 3);
        const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), body_b);
        if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size() ||
            body_b > body_b_max) {  // before it is added to anything
            return bad(line_b);
        }
        const std::size_t frame_b = line_b + body_b + line_end.size();
        if (text.size() < frame_b) {
            return Scan::need(frame_b);
        }
        return text.substr(line_b + body_b, line_end.size()) == line_end
                   ? Scan::frame(frame_b, 0, line_b + body_b)
                   : bad(frame_b);
    }

    /// Commands end as answers do.
    sluice::Result<sluice::FrameEnvelope> enclose(std::span<const std::byte>,
                                                  sluice::FrameBody body) const override {
        if (sluice::size_b(body) > frame_b_max() - line_end.size()) {
            return sluice::Error(sluice::Errc::too_large);
        }
        sluice::FrameEnvelope envelope;
        envelope.append_after(std::as_bytes(std::span(line_end)));
        return envelope;
    }

    std::size_t frame_b_max() const noexcept override {
        return line_b_max + body_b_max + line_end.size();
    }

  private:
    static constexpr std::size_t line_b_max = 2048;
    static constexpr std::size_t body_b_max = std::size_t{1} << 20U;  // what memcached stores

    static Scan bad(std::size_t bytes) {
        return {.kind = Scan::Kind::bad, .bytes = bytes, .fault = sluice::FrameFault::bad_length};
    }
};

/// One question, its answers, and the end.
class Reader final : public sluice::net::LinkHandler {
  public:
    Reader(sluice::net::EventLoop& loop, const sluice::net::LinkOptions& options)
        : loop_(loop),
          decoder_(std::make_shared<MemcachedFramer>(), {}, loop.receive_pool()),
          link_(loop, options, *this) {}

    /// Whether all answers came.
    bool run() {
        link_.start();
        loop_.run();
        return is_complete_;
    }

    void on_packet(sluice::net::Packet&& packet) override {
        decoder_.push(std::move(packet.data), packet.carried_b);
        sluice::FrameBatch batch;
        auto found = decoder_.next(batch);
        for (; found && *found; found = decoder_.next(batch)) {
            sluice::FrameReader frames(batch);
            while (const sluice::Frame* frame = frames.next()) {
                on_answer(text_of(frame->payload));
            }
        }
        if (!found) {
            link_.disconnect(found.error());
        }
    }

    /// So a value stands in one piece of memory, however it came.
    sluice::net::ReceiveWish receive_wish() override {
        return {.tail = &decoder_.tail(), .need_b = decoder_.need_b()};
    }

    void on_state(const sluice::net::LinkStatus& status) override {
        if (status.state == sluice::net::LinkState::stopped && status.reason) {
            std::fprintf(stderr, "%s\n", status.reason->message().c_str());
            loop_.request_stop();
        }
    }

  private:
    void on_answer(std::string_view answer) {
        if (word(answer, 0) == "VALUE") {
            const std::size_t line_b = answer.find(line_end);
            const std::string_view key = word(answer.substr(0, line_b), 1);
            const std::string_view value = answer.substr(line_b + line_end.size());
            std::printf("%.*s: %zu bytes\n", static_cast<int>(key.size()), key.data(),
                        value.size());
            std::fwrite(value.data(), 1, value.size(), stdout);
            std::printf("\n");
            return;
        }
        is_complete_ = answer == "END";
        if (!is_complete_) {
            std::fprintf(stderr, "%.*s\n", static_cast<int>(answer.size()), answer.data());
        }
        loop_.request_stop();
    }

    sluice::net::EventLoop& loop_;
    sluice::FrameDecoder decoder_;
    sluice::net::Link link_;
    bool is_complete_ = false;
};

int run(const sluice::Address& address, std::span<char*> keys) {
    auto loop = sluice::net::EventLoop::create();
    if (!loop) {
        std::fprintf(stderr, "%s\n", loop.error().message().c_str());
        return 1;
    }
    std::string question = "get";
    for (const std::string_view key : keys) {
        question += " " + std::string(key);
    }
    // The envelope is what stands around a body; a message would send it as fragments of its own.
    const std::vector<std::byte> body = bytes_of(question);
    const std::span<const std::byte> piece(body);
    const auto envelope = MemcachedFramer().enclose({}, {&piece, 1});
    sluice::net::LinkOptions options;
    options.address = address;
    options.reconnect = false;
    options.on_connect = body;
    options.on_connect.insert(options.on_connect.end(), envelope->after().begin(),
                              envelope->after().end());
    if (auto valid = validate(options); !valid) {
        std::fprintf(stderr, "%s\n", valid.error().message().c_str());
        return 1;
    }
    return Reader(**loop, options).run() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const auto address = sluice::Address::parse(argc > 2 ? argv[1] : "");
    if (!address) {
        std::fprintf(stderr, "usage: memcached ADDRESS KEY...\n%s\n",
                     address.error().message().c_str());
        return 64;
    }
    return run(*address, std::span(argv, static_cast<std::size_t>(argc)).subspan(2));
}
