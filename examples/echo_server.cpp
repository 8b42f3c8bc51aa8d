// Gives every message back to who sent it.
//
//     echo_server ADDRESS
//
// Listens on ADDRESS (port 0: any; the address is printed) until standard input ends.

#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <utility>

#include "sluice/messaging/message_server.hpp"
#include "sluice/sys/clock.hpp"

int main(int argc, char** argv) {
    const auto address = sluice::Address::parse(argc == 2 ? argv[1] : "");
    if (!address) {
        std::fprintf(stderr, "usage: echo_server ADDRESS\n%s\n", address.error().message().c_str());
        return 64;
    }
    sluice::MessageServerOptions options;
    options.address = *address;
    auto server = sluice::MessageServer::start(options);
    if (!server) {
        std::fprintf(stderr, "%s\n", server.error().message().c_str());
        return 69;
    }
    std::puts((*server)->local_address().c_str());
    std::fflush(stdout);

    std::thread ending([&server] {
        while (std::getchar() != EOF) {
        }
        (*server)->close(sluice::sys::now() + std::chrono::seconds(1));
    });
    while (sluice::Result<sluice::Message> message = (*server)->receive()) {
        const sluice::PeerId peer = message->peer();
        // What was received is sent on as it is. Who does not read his answers loses them, so that
        // nobody else waits for him.
        std::array answer{std::move(*message).take_buffer()};
        if (auto sent = (*server)->try_send(peer, answer); !sent) {
            std::fprintf(stderr, "%s\n", sent.error().message().c_str());
        }
    }
    ending.join();
}
