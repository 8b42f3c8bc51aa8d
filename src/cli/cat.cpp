#include "cli/cat.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cli/cat_output.hpp"
#include "cli/link_report.hpp"
#include "sluice/app/exit_status.hpp"
#include "sluice/app/process.hpp"
#include "sluice/app/report.hpp"
#include "sluice/app/signals.hpp"
#include "sluice/net/event_loop_thread.hpp"
#include "sluice/sync/bounded_queue.hpp"

namespace sluice::cli {
namespace {

// The loop stops reading when so much waits to be written, and reads again at half of it. The
// queue itself is larger: a pause takes effect after the receives of the present turn.
constexpr std::size_t waiting_bytes_high = std::size_t{4} * 1024 * 1024;
constexpr std::size_t waiting_packets_high = 512;
constexpr std::size_t queue_packets = 4096;
constexpr std::size_t batch_packets = 512;

constexpr std::size_t input_bytes = std::size_t{64} * 1024;
constexpr std::size_t descriptors_needed = 24;
constexpr Duration stop_grace = std::chrono::seconds(2);

/// The three activities: the loop's thread receives and sends, one thread reads standard input, and
/// the caller's writes standard output.
class Cat final : net::LinkHandler {
  public:
    Cat(const CatOptions& options, std::unique_ptr<net::EventLoopThread> loop)
        : options_(options),
          loop_(std::move(loop)),
          link_(loop_->loop(), options.link, *this),
          queue_({.items = queue_packets}),
          quit_(::eventfd(0, EFD_CLOEXEC)) {
        if (options.framing) {
            frames_.emplace(
                *options.framing, loop_->loop(),
                CatFrames::Calls{
                    .on_frames = [this](FrameBatch& batch,
                                        SystemTime time) { return deliver(batch, time); },
                    .on_timeout = [this](const Error& error) { link_.disconnect(error); }});
        }
    }

    /// The frames' timer is the loop's thread's.
    ~Cat() {
        link_.stop();
        loop_->run_on_loop([this] { frames_.reset(); });
    }
    Cat(const Cat&) = delete;
    Cat& operator=(const Cat&) = delete;

    int run();
    /// Lets `run` return. Any thread.
    void quit() {
        ::eventfd_write(quit_.number(), 1);
        link_.stop();
        queue_.close();
    }

  private:
    void on_packet(net::Packet&& packet) override;
    net::ReceiveWish receive_wish() override {
        return frames_ ? frames_->receive_wish() : net::ReceiveWish{};
    }
    void on_state(const net::LinkStatus& status) override;

    /// Queues it to be written. False, and it was not taken: there is no room, or the program ends.
    bool deliver(CatPacket&& packet);
    bool deliver(FrameBatch& batch, SystemTime receive_time);
    /// After frames were cut: what did not go on waits for room.
    void go_on(const Result<bool>& handed_on);
    void begin_frames();
    void end_frames(bool is_last);
    /// All frames are queued.
    void close_queue();

    void read_input();
    [[nodiscard]] bool wait_for_input();
    void write_output();
    /// On the loop's thread: what was written makes room for more.
    void on_written();
    [[nodiscard]] int conclude();

    const CatOptions& options_;
    std::unique_ptr<net::EventLoopThread> loop_;
    net::Link link_;
    sync::BoundedQueue<CatPacket> queue_;
    sys::Descriptor input_;
    sys::Descriptor quit_;  // readable when the program ends

    // The loop's thread only.
    std::uint64_t connection_ = 0;
    std::size_t waiting_packets_ = 0;
    std::size_t waiting_bytes_ = 0;
    bool is_paused_ = false;
    std::optional<CatFrames> frames_;
    bool is_streaming_ = false;  // a connection is being cut into frames
    bool is_held_ = false;       // frames wait for room,
    bool begins_ = false;        // and then a connection begins,
    bool is_last_ = false;       // or the queue ends: the link has

    std::atomic<std::size_t> written_packets_{0};  // not yet told to the loop's thread
    std::atomic<std::size_t> written_bytes_{0};
    std::atomic<bool> lost_device_{false};
    std::atomic<bool> is_broken_{false};  // the last connection, in the middle of a frame
    std::atomic<int> input_error_{0};
    std::uint64_t read_bytes_ = 0;  // of standard input; its thread's until that is joined
    int output_error_ = 0;
};

void Cat::on_packet(net::Packet&& packet) {
    if (frames_) {
        go_on(frames_->take(std::move(packet)));
    } else {
        // Fails only when the program ends already.
        static_cast<void>(deliver({std::move(packet), connection_}));
    }
}

bool Cat::deliver(CatPacket&& packet) {
    const std::size_t bytes = packet.bytes();
    if (!queue_.try_push(std::move(packet))) {
        return false;
    }
    ++waiting_packets_;
    waiting_bytes_ += bytes;
    if (!is_paused_ &&
        (waiting_packets_ >= waiting_packets_high || waiting_bytes_ >= waiting_bytes_high)) {
        is_paused_ = true;
        link_.pause();
    }
    return true;
}

bool Cat::deliver(FrameBatch& batch, SystemTime receive_time) {
    if (waiting_packets_ >= queue_packets) {
        return false;
    }
    net::Packet packet;
    packet.receive_time = receive_time;
    // Fails only when the program ends already.
    static_cast<void>(
        deliver({std::move(packet), connection_, std::exchange(batch, FrameBatch())}));
    return true;
}

void Cat::go_on(const Result<bool>& handed_on) {
    is_held_ = handed_on && !*handed_on;
    if (!handed_on) {
        link_.disconnect(handed_on.error());
    } else if (is_held_ && !is_paused_) {
        is_paused_ = true;
        link_.pause();
    }
}

void Cat::on_written() {
    waiting_packets_ -= written_packets_.exchange(0);
    waiting_bytes_ -= written_bytes_.exchange(0);
    if (is_held_) {
        go_on(frames_->resume());
        if (!is_held_ && is_last_) {
            close_queue();
        } else if (!is_held_ && begins_) {
            begin_frames();
        }
    }
    if (is_paused_ && !is_held_ && waiting_packets_ <= waiting_packets_high / 2 &&
        waiting_bytes_ <= waiting_bytes_high / 2) {
        is_paused_ = false;
        link_.resume();
    }
}

void Cat::on_state(const net::LinkStatus& status) {
    connection_ = status.connection;
    app::report(status_line(status, options_.link.address));
    const bool is_over = status.state == net::LinkState::stopped;
    if (is_over) {
        lost_device_ = status.reason && status.reason->code() != Errc::peer_closed;
    }
    if (frames_ && status.state == net::LinkState::up) {
        begin_frames();
    } else if (frames_ && (is_over || status.state == net::LinkState::waiting)) {
        end_frames(is_over);
    } else if (is_over) {
        queue_.close();
    }
}

void Cat::begin_frames() {
    begins_ = is_held_;
    if (!is_held_) {
        frames_->begin_stream();
        is_streaming_ = true;
    }
}

void Cat::end_frames(bool is_last) {
    is_last_ |= is_last;
    begins_ = false;
    if (std::exchange(is_streaming_, false) && !is_held_) {
        go_on(frames_->end_stream());
    }
    if (is_last_ && !is_held_) {
        close_queue();
    }
}

void Cat::close_queue() {
    is_broken_ = frames_->is_broken();
    if (const std::optional<std::string> losses = frames_->losses()) {
        app::report(*losses);
    }
    queue_.close();
}

bool Cat::wait_for_input() {
    std::array<pollfd, 2> sources{{{input_.number(), POLLIN, 0}, {quit_.number(), POLLIN, 0}}};
    while (::poll(sources.data(), sources.size(), -1) < 0 && errno == EINTR) {
    }
    return sources[1].revents == 0;
}

void Cat::read_input() {
    std::vector<std::byte> bytes(input_bytes);
    while (wait_for_input()) {
        const sys::IoResult got = sys::read(input_, bytes);
        if (got.status == sys::IoStatus::failed) {
            input_error_ = got.error;
            quit();
            return;
        }
        if (got.status == sys::IoStatus::end) {
            if (options_.half_close) {
                link_.finish_sending();
            }
            return;
        }
        read_bytes_ += got.bytes;
        // Waits for the device to take what was read before; fails only when the link stopped.
        if (!link_.egress().push_copy(std::span(bytes).first(got.bytes))) {
            return;
        }
    }
}

void Cat::write_output() {
    Result<sys::Descriptor> file = sys::open_standard(sys::StandardStream::output);
    if (!file) {
        output_error_ = file.error().system_error();
        return;
    }
    CatOutput output(options_.format, *file);
    sync::PoppedBatch<CatPacket> batch(batch_packets);
    while (queue_.pop_batch(batch)) {
        output_error_ = output.write(batch);
        if (output_error_ != 0) {
            return;
        }
        for (const CatPacket& packet : batch) {
            written_bytes_ += packet.bytes();
        }
        written_packets_ += batch.size();
        batch.clear();
        loop_->loop().post([this] { on_written(); });
    }
}

int Cat::run() {
    Result<sys::Descriptor> input = sys::open_standard(sys::StandardStream::input);
    if (!input) {
        app::report("standard input: " + input.error().message());
        return app::exit_os;
    }
    input_ = *std::move(input);
    link_.start();
    Result<sys::Thread> reader = sys::Thread::start({.name = "input"}, [this] { read_input(); });
    if (!reader) {
        app::report(reader.error().message());
        return app::exit_os;
    }
    write_output();
    quit();
    reader->join();
    return conclude();
}

int Cat::conclude() {
    if (const std::uint64_t unsent = read_bytes_ - link_.egress().taken_bytes(); unsent > 0) {
        app::report(std::to_string(unsent) + " bytes of standard input were not sent");
    }
    if (output_error_ != 0 && output_error_ != EPIPE) {
        app::report("writing standard output: " + Error::from_errno(output_error_).message());
        return app::exit_io;
    }
    if (input_error_ != 0) {
        app::report("reading standard input: " + Error::from_errno(input_error_).message());
        return app::exit_io;
    }
    if (is_broken_) {
        return app::exit_protocol;
    }
    return lost_device_ ? app::exit_unavailable : app::exit_ok;
}

}  // namespace

int run_cat(const CatOptions& options) {
    app::report_log();
    if (const int status = app::prepare_process(descriptors_needed); status != app::exit_ok) {
        return status;
    }
    const Result<std::shared_ptr<app::SignalEnd>> signal = app::SignalEnd::create(stop_grace);
    if (!signal) {
        app::report(signal.error().message());
        return app::exit_os;
    }
    Result<std::unique_ptr<net::EventLoopThread>> loop = net::EventLoopThread::start(
        options.framing ? loop_options(*options.framing) : net::EventLoopOptions{}, options.thread);
    if (!loop) {
        app::report(loop.error().message());
        return loop.error().code() == Errc::invalid_argument ? app::exit_usage : app::exit_os;
    }
    Cat cat(options, *std::move(loop));
    return (*signal)->run([&cat] { return cat.run(); }, [&cat] { cat.quit(); });
}

}  // namespace sluice::cli
