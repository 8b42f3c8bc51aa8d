// A file through a connection, without a copy on the way out.
//
//     file_transfer receive ADDRESS FILE     # listens, prints its address, ends with the file
//     file_transfer send ADDRESS FILE
//
// A message is a header and up to 1 MiB of the file. The sender maps the file and lends its pages:
// they go from the page cache to the socket. The receiver writes each part at its place, and
// confirms the whole.
//
//     |  8 B offset  |  8 B size of the file  |  the file from there on ...  |

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>

#include "sluice/messaging/message_client.hpp"
#include "sluice/messaging/message_server.hpp"

namespace {

constexpr std::size_t part_b_max = std::size_t{1024} * 1024;
constexpr std::size_t header_b = 16;

int fail(const std::string& what) {
    std::fprintf(stderr, "%s\n", what.c_str());
    return 1;
}

void store(std::uint64_t value, std::span<std::byte> target) {
    for (std::byte& byte : target.first(8)) {
        byte = static_cast<std::byte>(value >> 56U);
        value <<= 8U;
    }
}

std::uint64_t load(std::span<const std::byte> source) {
    std::uint64_t value = 0;
    for (const std::byte byte : source.first(8)) {
        value = value << 8U | std::to_integer<std::uint64_t>(byte);
    }
    return value;
}

/// A file's pages.
class Mapping {
  public:
    explicit Mapping(const char* path) {
        const int file = ::open(path, O_RDONLY | O_CLOEXEC);
        struct stat status {};
        if (file >= 0 && ::fstat(file, &status) == 0) {
            is_open_ = true;
            size_ = static_cast<std::size_t>(status.st_size);
            pages_ = size_ > 0 ? ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file, 0) : nullptr;
            is_open_ = pages_ != MAP_FAILED;
        }
        ::close(file);
    }
    ~Mapping() {
        if (is_open_ && size_ > 0) {
            ::munmap(pages_, size_);
        }
    }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;

    [[nodiscard]] bool is_open() const { return is_open_; }
    [[nodiscard]] std::span<const std::byte> bytes() const {
        return {static_cast<const std::byte*>(pages_), size_};
    }

  private:
    bool is_open_ = false;
    void* pages_ = nullptr;
    std::size_t size_ = 0;
};

/// Header and pages as one message: only the header is copied.
sluice::Result<void> send_part(sluice::MessageClient& client, sluice::MessageSender& sender,
                               std::span<const std::byte> file, std::size_t offset) {
    auto header = client.pool().acquire(header_b);
    if (!header) {
        return header.error();
    }
    store(offset, header->writable());
    store(file.size(), header->writable().subspan(8));
    const auto part = file.subspan(offset, std::min(part_b_max, file.size() - offset));
    // The mapping outlives the client, so there is nothing to do when a part comes back.
    auto pages = client.pool().wrap(
        part, [](void*, std::span<const std::byte>) noexcept {}, nullptr);
    if (!pages) {
        return pages.error();
    }
    std::array fragments{*std::move(header), *std::move(pages)};
    return sender.send(fragments);
}

int send(const sluice::Address& address, const char* path) {
    const Mapping file(path);
    if (!file.is_open()) {
        return fail(std::string(path) + ": " + sluice::Error::from_errno(errno).message());
    }
    sluice::MessageClientOptions options;
    options.address = address;
    options.reconnect = false;
    auto client = sluice::MessageClient::start(options);
    if (!client) {
        return fail(client.error().message());
    }
    sluice::MessageSender sender = (*client)->sender();
    std::size_t offset = 0;
    do {
        if (auto sent = send_part(**client, sender, file.bytes(), offset); !sent) {
            return fail(sent.error().message());
        }
        offset += part_b_max;
    } while (offset < file.bytes().size());
    const auto confirmed = (*client)->receive();
    return confirmed ? 0 : fail("not confirmed: " + confirmed.error().message());
}

int receive(const sluice::Address& address, const char* path) {
    sluice::MessageServerOptions options;
    options.address = address;
    options.peers_max = 1;
    auto server = sluice::MessageServer::start(options);
    if (!server) {
        return fail(server.error().message());
    }
    const int file = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) {
        return fail(std::string(path) + ": " + sluice::Error::from_errno(errno).message());
    }
    std::puts((*server)->local_address().c_str());
    std::fflush(stdout);
    std::uint64_t size = 0;
    std::uint64_t received = 0;
    sluice::PeerId sender = 0;
    do {
        const auto message = (*server)->receive();
        if (!message || message->size() < header_b) {
            return fail("not a part of a file");
        }
        const auto part = message->bytes().subspan(header_b);
        size = load(message->bytes().subspan(8));
        const auto offset = static_cast<off_t>(load(message->bytes()));
        if (::pwrite(file, part.data(), part.size(), offset) != static_cast<ssize_t>(part.size())) {
            return fail(std::string(path) + ": " + sluice::Error::from_errno(errno).message());
        }
        received += part.size();
        sender = message->peer();
    } while (received < size);
    ::close(file);
    auto confirmed = (*server)->send(sender, std::span<const std::byte>());
    (*server)->close(sluice::never);
    return confirmed ? 0 : fail(confirmed.error().message());
}

}  // namespace

int main(int argc, char** argv) {
    const std::string verb = argc == 4 ? argv[1] : "";
    const auto address = sluice::Address::parse(argc == 4 ? argv[2] : "");
    if (!address || (verb != "send" && verb != "receive")) {
        std::fprintf(stderr, "usage: file_transfer send|receive ADDRESS FILE\n%s\n",
                     address ? "" : address.error().message().c_str());
        return 64;
    }
    return verb == "send" ? send(*address, argv[3]) : receive(*address, argv[3]);
}
