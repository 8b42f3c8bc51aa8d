// Sends each line of standard input as a message, and prints the answer to each.
//
//     echo_client ADDRESS
//
// It may be started before its server: messages wait for the connection.

#include <cstdio>
#include <iostream>
#include <span>
#include <string>

#include "sluice/messaging/message_client.hpp"

int main(int argc, char** argv) {
    const auto address = sluice::Address::parse(argc == 2 ? argv[1] : "");
    if (!address) {
        std::fprintf(stderr, "usage: echo_client ADDRESS\n%s\n", address.error().message().c_str());
        return 64;
    }
    sluice::MessageClientOptions options;
    options.address = *address;
    auto client = sluice::MessageClient::start(options);
    if (!client) {
        std::fprintf(stderr, "%s\n", client.error().message().c_str());
        return 71;
    }
    for (std::string line; std::getline(std::cin, line);) {
        if (auto sent = (*client)->send(std::as_bytes(std::span(line))); !sent) {
            std::fprintf(stderr, "%s\n", sent.error().message().c_str());
            return 1;
        }
        const sluice::Result<sluice::Message> answer = (*client)->receive();
        if (!answer) {
            std::fprintf(stderr, "%s\n", answer.error().message().c_str());
            return 1;
        }
        std::fwrite(answer->data(), 1, answer->size(), stdout);
        std::putchar('\n');
    }
}
