/// ZeroMQ's context and sockets as owners.
#pragma once

#include <zmq.h>

#include <cstring>
#include <string>

#include "exchange.hpp"

namespace sluice::compare {

/// One context, with one I/O thread as is its default, and one socket. The destructor waits until
/// everything was sent.
class ZeroMqSocket final {
  public:
    explicit ZeroMqSocket(int type) : context_(::zmq_ctx_new()) {
        require(context_ != nullptr, "zmq_ctx_new");
        socket_ = ::zmq_socket(context_, type);
        require(socket_ != nullptr, "zmq_socket");
    }
    ZeroMqSocket(const ZeroMqSocket&) = delete;
    ZeroMqSocket& operator=(const ZeroMqSocket&) = delete;
    ~ZeroMqSocket() {
        ::zmq_close(socket_);
        ::zmq_ctx_term(context_);
    }

    [[nodiscard]] void* get() const { return socket_; }

    void set(int option, int value) const {
        require(::zmq_setsockopt(socket_, option, &value, sizeof value) == 0, "zmq_setsockopt");
    }
    void connect(const Task& task) const {
        require(::zmq_connect(socket_, ("tcp://" + task.host + ":" + task.port).c_str()) == 0,
                "zmq_connect");
    }
    void bind_and_print_port() const {
        require(::zmq_bind(socket_, "tcp://0.0.0.0:*") == 0, "zmq_bind");
        char endpoint[256];
        std::size_t size = sizeof endpoint;
        require(::zmq_getsockopt(socket_, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0,
                "zmq_getsockopt");
        print_port(static_cast<unsigned>(std::atoi(std::strrchr(endpoint, ':') + 1)));
    }

  private:
    void* const context_;
    void* socket_ = nullptr;
};

/// For the variant `deep`: as many messages in the queues as the library handles best, instead of
/// its default of 1,000.
constexpr int deep_queue_messages = 100'000;

}  // namespace sluice::compare
