#include <utility>

#include "sim/end.hpp"
#include "sim/state.hpp"
#include "sluice/core/check.hpp"

namespace sluice::sim {

void Peer::send(std::string_view bytes) {
    SLUICE_CHECK(end_->other != nullptr, "a device that dials must be connected first");
    if (end_->phase == End::Phase::connected && !end_->send_ended && !bytes.empty()) {
        end_->append(bytes.data(), bytes.size());
        end_->transmit();
    }
}

void Peer::finish() {
    end_->finish();
}

void Peer::close() {
    end_->close();
}

void Peer::reset() {
    end_->reset();
}

const std::string& Peer::received() const {
    return end_->received;
}

std::string Peer::take_received() {
    return std::exchange(end_->received, {});
}

void Peer::on_receive(std::function<void()> callback) {
    end_->on_receive = std::move(callback);
}

void Peer::stop_reading() {
    end_->reading = false;
}

void Peer::start_reading() {
    end_->reading = true;
    read(end_->in.readable());
}

std::size_t Peer::read(std::size_t bytes_max) {
    const std::uint64_t before = end_->in.read;
    end_->drain(bytes_max);
    end_->announce_window();
    return end_->in.read - before;
}

void Peer::set_window(std::size_t bytes) {
    end_->in.window = bytes;
    end_->announce_window();
}

void Peer::go_silent() {
    SLUICE_CHECK(end_->other != nullptr, "only a connection can go silent");
    end_->in.cut = end_->other->in.cut = true;
}

void Peer::heal() {
    end_->in.cut = end_->other->in.cut = false;
    State& state = world();
    state.schedule(state.steady + state.one_way(), "heal", end_->id, [end = end_] {
        end->pump();
        end->other->pump();
    });
}

bool Peer::is_connected() const {
    return end_->phase == End::Phase::connected && !end_->is_over();
}

bool Peer::saw_end() const {
    return end_->in.fin_arrived && end_->in.readable() == 0;
}

bool Peer::saw_reset() const {
    return end_->saw_reset;
}

std::size_t Peer::unsent() const {
    return end_->other->in.unacknowledged();
}

const SocketAddress& Peer::address() const {
    return end_->local;
}

const SocketAddress& Peer::program_address() const {
    return end_->remote;
}

int Peer::program_option(sys::SocketOption option) const {
    return end_->other->option(option);
}

void Peer::set_program_option(sys::SocketOption option, int value) {
    end_->other->option(option) = value;
}

}  // namespace sluice::sim
