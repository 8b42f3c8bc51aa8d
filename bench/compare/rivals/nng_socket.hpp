/// nng's socket as an owner.
#pragma once

#include <nng/nng.h>

#include <nng/protocol/pair0/pair.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <string>

#include "exchange.hpp"

namespace sluice::compare {

/// Ends the program when a call of nng fails.
inline void nng_require(int result, const char* what) {
    if (result != 0) {
        std::fprintf(stderr, "%s: %s\n", what, ::nng_strerror(result));
        std::exit(1);
    }
}

class NngSocket final {
  public:
    /// `open`: nng_push0_open or one of its kind.
    explicit NngSocket(int (*open)(nng_socket*)) {
        nng_require(open(&socket_), "open");
        nng_require(::nng_socket_set_size(socket_, NNG_OPT_RECVMAXSZ, 0), "NNG_OPT_RECVMAXSZ");
    }
    NngSocket(const NngSocket&) = delete;
    NngSocket& operator=(const NngSocket&) = delete;
    ~NngSocket() { ::nng_close(socket_); }

    [[nodiscard]] nng_socket get() const { return socket_; }

    void connect(const Task& task) const {
        nng_require(
            ::nng_dial(socket_, ("tcp://" + task.host + ":" + task.port).c_str(), nullptr, 0),
            "nng_dial");
    }
    void bind_and_print_port() const {
        nng_listener listener{};
        nng_require(::nng_listen(socket_, "tcp://0.0.0.0:0", &listener, 0), "nng_listen");
        nng_sockaddr address{};
        nng_require(::nng_listener_get_addr(listener, NNG_OPT_LOCADDR, &address),
                    "nng_listener_get_addr");
        print_port(ntohs(address.s_in.sa_port));
    }

    /// Takes over the message.
    void send(nng_msg* message) const {
        nng_require(::nng_sendmsg(socket_, message, 0), "nng_sendmsg");
    }
    /// The caller frees it, or sends it.
    [[nodiscard]] nng_msg* receive() const {
        nng_msg* message = nullptr;
        nng_require(::nng_recvmsg(socket_, &message, 0), "nng_recvmsg");
        return message;
    }

  private:
    nng_socket socket_{};
};

/// A message with these bytes; nng owns the memory of its messages, so that filling one is a copy.
inline nng_msg* make_nng_message(const std::byte* data, std::size_t size) {
    nng_msg* message = nullptr;
    nng_require(::nng_msg_alloc(&message, size), "nng_msg_alloc");
    std::memcpy(::nng_msg_body(message), data, size);
    return message;
}

/// Messages in the queues of a push or pull socket, instead of none.
constexpr int nng_queue_messages = 1'000;

}  // namespace sluice::compare
