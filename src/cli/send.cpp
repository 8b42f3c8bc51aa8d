#include "cli/send.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <memory>

#include "cli/amount.hpp"
#include "cli/link_report.hpp"
#include "cli/message_reader.hpp"
#include "sluice/app/exit_status.hpp"
#include "sluice/app/process.hpp"
#include "sluice/app/report.hpp"
#include "sluice/app/signals.hpp"
#include "sluice/net/event_loop_thread.hpp"
#include "sluice/sys/clock.hpp"
#include "sluice/sys/file.hpp"

namespace sluice::cli {
namespace {

constexpr std::size_t descriptors_needed = 24;
constexpr Duration stop_grace = std::chrono::seconds(2);
/// After the last byte and the end of the sending direction: for the device to end its own.
constexpr Duration goodbye_max = std::chrono::seconds(1);
/// Longer messages are not copied.
constexpr std::size_t copied_b_max = std::size_t{16} * 1024;

/// Memory that a queued message keeps.
void release(void* owner, std::span<const std::byte>) noexcept {
    delete static_cast<std::vector<std::byte>*>(owner);
}

/// The caller's thread reads and frames, the loop's sends; what the device says is dropped.
class Send final : net::LinkHandler {
  public:
    Send(const SendOptions& options, std::unique_ptr<net::EventLoopThread> loop)
        : options_(options),
          loop_(std::move(loop)),
          link_(loop_->loop(), options.link, *this),
          lane_(link_.egress().open_lane({})),
          framer_(make_framer(options.framing)),
          quit_(::eventfd(0, EFD_CLOEXEC)) {}

    int run();
    /// Lets `run` return. Any thread.
    void quit() {
        ::eventfd_write(quit_.number(), 1);
        link_.stop();
    }

  private:
    void on_packet(net::Packet&&) override {}
    void on_state(const net::LinkStatus& status) override;

    [[nodiscard]] int send_file(const std::string& path);
    [[nodiscard]] int send_lines();
    [[nodiscard]] int send(std::vector<std::byte> body, const std::string& what);
    [[nodiscard]] Result<void> push(std::vector<std::byte> body);
    [[nodiscard]] Result<void> push_escaped(std::span<const std::byte> body);
    [[nodiscard]] Result<void> push_parts(std::span<const std::byte> before,
                                          std::vector<std::byte> body,
                                          std::span<const std::byte> after);
    void say_goodbye();
    [[nodiscard]] int conclude(int status);

    const SendOptions& options_;
    std::unique_ptr<net::EventLoopThread> loop_;
    BufferPool pool_;  // for the blocks that count shares of queued messages
    net::Link link_;
    net::TransmitLane& lane_;
    const std::shared_ptr<const Framer> framer_;
    sys::Descriptor quit_;  // readable when there is nothing to wait for any more
    std::atomic<bool> is_up_{false};
    std::atomic<bool> is_ending_{false};
};

void Send::on_state(const net::LinkStatus& status) {
    const bool is_up = status.state == net::LinkState::up;
    const bool is_over = is_up_.exchange(is_up) && !is_up;
    if (is_ending_) {
        if (is_over) {
            ::eventfd_write(quit_.number(), 1);
        }
        return;
    }
    app::report(status_line(status, options_.link.address));
}

int Send::run() {
    link_.start();
    int status = app::exit_ok;
    for (const std::string& file : options_.files) {
        status = file == "-" ? send_lines() : send_file(file);
        if (status != app::exit_ok) {
            break;
        }
    }
    say_goodbye();
    return conclude(status);
}

int Send::send_file(const std::string& path) {
    Result<std::vector<std::byte>> body = read_message(path, framer_->frame_b_max());
    if (!body) {
        app::report(path + ": " + file_error_text(body.error()));
        return body.error().code() == Errc::too_large ? app::exit_data : app::exit_no_input;
    }
    return send(*std::move(body), path);
}

int Send::send_lines() {
    Result<sys::Descriptor> input = sys::open_standard(sys::StandardStream::input);
    if (!input) {
        app::report("standard input: " + input.error().message());
        return app::exit_os;
    }
    LineReader reader(*input, quit_, framer_->frame_b_max());
    std::vector<std::byte> line;
    while (true) {
        const Result<bool> found = reader.next(line);
        if (!found) {
            app::report("standard input: " + file_error_text(found.error()));
            return found.error().code() == Errc::too_large ? app::exit_data : app::exit_io;
        }
        if (!*found) {
            return app::exit_ok;
        }
        const int status =
            send(std::move(line), "line " + std::to_string(reader.lines()) + " of standard input");
        if (status != app::exit_ok) {
            return status;
        }
    }
}

int Send::send(std::vector<std::byte> body, const std::string& what) {
    const Result<void> pushed = push(std::move(body));
    if (pushed) {
        return app::exit_ok;
    }
    app::report(what + ": " + pushed.error().message());
    return pushed.error().code() == Errc::stopped ? app::exit_unavailable : app::exit_data;
}

Result<void> Send::push(std::vector<std::byte> body) {
    if (framer_->is_escaped()) {
        return push_escaped(body);
    }
    const std::span<const std::byte> piece(body);
    const Result<FrameEnvelope> envelope = framer_->enclose(options_.head, {&piece, 1});
    if (!envelope) {
        return envelope.error();
    }
    return push_parts(envelope->before(), std::move(body), envelope->after());
}

Result<void> Send::push_escaped(std::span<const std::byte> body) {
    std::vector<std::byte> frame(framer_->escaped_b_max(body.size()));
    const Result<std::size_t> written = framer_->escape({&body, 1}, frame);
    if (!written) {
        return written.error();
    }
    frame.resize(*written);
    return push_parts({}, std::move(frame), {});
}

/// Waits for room. A long body is sent from where it stands.
Result<void> Send::push_parts(std::span<const std::byte> before, std::vector<std::byte> body,
                              std::span<const std::byte> after) {
    if (body.size() <= copied_b_max) {
        return lane_.push({.before = before, .body = body, .after = after}, never);
    }
    auto owner = std::make_unique<std::vector<std::byte>>(std::move(body));
    Result<Buffer> fragment = pool_.wrap(*owner, &release, owner.get());
    if (!fragment) {
        return fragment.error();
    }
    static_cast<void>(owner.release());  // the fragment's
    return lane_.push({.before = before, .fragments = {&*fragment, 1}, .after = after}, never);
}

/// Waits until the kernel has everything, and then for the device, which shows by its own end that
/// it has everything too.
void Send::say_goodbye() {
    const SteadyTime deadline = saturating_add(sys::now(), options_.flush_timeout);
    if (!link_.egress().wait_empty(deadline)) {
        return;
    }
    is_ending_ = true;
    link_.finish_sending();
    const Duration left = std::min(deadline - sys::now(), goodbye_max);
    pollfd end{quit_.number(), POLLIN, 0};
    if (is_up_ && left > Duration::zero()) {
        ::poll(&end, 1,
               static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count()));
    }
}

int Send::conclude(int status) {
    is_ending_ = true;
    link_.stop();
    const net::EgressLedger ledger = link_.egress().ledger();
    std::uint64_t lost = 0;
    for (const net::EgressLedger::Count& dropped : ledger.dropped) {
        lost += dropped.messages;
    }
    app::report("sent " + amount(ledger.sent.messages, "message") + ", " +
                amount(ledger.sent.bytes, "byte") +
                (lost > 0 ? "; lost " + amount(lost, "message") : ""));
    return status == app::exit_ok && lost > 0 ? app::exit_unavailable : status;
}

}  // namespace

int run_send(const SendOptions& options) {
    app::report_log();
    if (const int status = app::prepare_process(descriptors_needed); status != app::exit_ok) {
        return status;
    }
    const Result<std::shared_ptr<app::SignalEnd>> signal = app::SignalEnd::create(stop_grace);
    if (!signal) {
        app::report(signal.error().message());
        return app::exit_os;
    }
    Result<std::unique_ptr<net::EventLoopThread>> loop =
        net::EventLoopThread::start({}, {.name = "sluice-send"});
    if (!loop) {
        app::report(loop.error().message());
        return app::exit_os;
    }
    Send send(options, *std::move(loop));
    return (*signal)->run([&send] { return send.run(); }, [&send] { send.quit(); });
}

}  // namespace sluice::cli
