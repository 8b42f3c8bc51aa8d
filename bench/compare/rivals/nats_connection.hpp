/// A connection to a NATS server as an owner.
#pragma once

#include <nats/nats.h>

#include <string>

#include "exchange.hpp"

namespace sluice::compare {

/// Ends the program when a call of NATS fails.
inline void nats_require(natsStatus status, const char* what) {
    if (status != NATS_OK) {
        std::fprintf(stderr, "%s: %s\n", what, ::natsStatus_GetText(status));
        std::exit(1);
    }
}

constexpr const char* nats_subject = "messages";

class NatsConnection final {
  public:
    explicit NatsConnection(const std::string& address) {
        nats_require(::natsConnection_ConnectTo(&connection_, ("nats://" + address).c_str()),
                     "connect");
    }
    NatsConnection(const NatsConnection&) = delete;
    NatsConnection& operator=(const NatsConnection&) = delete;
    ~NatsConnection() { ::natsConnection_Destroy(connection_); }

    [[nodiscard]] natsConnection* get() const { return connection_; }

    /// Waits until the server has seen everything before it.
    void flush() const { nats_require(::natsConnection_Flush(connection_), "flush"); }

  private:
    natsConnection* connection_ = nullptr;
};

}  // namespace sluice::compare
