/// A scripted device on a thread of its own: plain blocking sockets, nothing of Sluice's.
#pragma once

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "support/event.hpp"

namespace sluice::test {

/// One accepted connection, for the script of its device. Closed when the script returns.
class DeviceConnection {
  public:
    explicit DeviceConnection(int socket) : socket_(socket) {}
    ~DeviceConnection() { close(); }
    DeviceConnection(const DeviceConnection&) = delete;
    DeviceConnection& operator=(const DeviceConnection&) = delete;

    /// How many of the bytes the kernel took: fewer than all when the connection ended.
    std::size_t send(std::span<const std::byte> bytes) {
        std::size_t sent = 0;
        while (sent < bytes.size()) {
            const ssize_t put =
                ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
            if (put <= 0) {
                break;
            }
            sent += static_cast<std::size_t>(put);
        }
        return sent;
    }
    std::size_t send(std::string_view text) { return send(std::as_bytes(std::span(text))); }

    /// Waits for something; 0 when the connection ended.
    std::size_t receive(std::span<std::byte> target) {
        const ssize_t got = ::recv(socket_, target.data(), target.size(), 0);
        return got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    std::string receive_text(std::size_t bytes) {
        std::string text(bytes, '\0');
        const ssize_t got = ::recv(socket_, text.data(), bytes, MSG_WAITALL);
        text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return text;
    }
    /// Reads and forgets until the connection ends.
    void drain() {
        std::byte scratch[16 * 1024];
        while (receive(scratch) > 0) {
        }
    }

    /// Returns when the other side's kernel has everything that was sent.
    [[nodiscard]] bool wait_acknowledged() const {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        int waiting = 1;
        while (::ioctl(socket_, SIOCOUTQ, &waiting) == 0 && waiting > 0 &&
               std::chrono::steady_clock::now() < deadline) {
            std::this_thread::yield();
        }
        return waiting == 0;
    }

    void finish_sending() { ::shutdown(socket_, SHUT_WR); }
    /// Tears the connection down: the other side meets ECONNRESET.
    void reset() {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close();
    }
    void close() {
        const std::lock_guard lock(mutex_);
        if (socket_ >= 0) {
            ::close(std::exchange(socket_, -1));
        }
    }
    /// Ends what its thread waits for. Any thread.
    void interrupt() {
        const std::lock_guard lock(mutex_);
        if (socket_ >= 0) {
            ::shutdown(socket_, SHUT_RDWR);
        }
    }

    [[nodiscard]] int socket() const { return socket_; }
    /// The numeric address of the other side, without its port.
    [[nodiscard]] std::string peer_host() const {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        ::getpeername(socket_, reinterpret_cast<sockaddr*>(&address), &size);
        char host[NI_MAXHOST] = {};
        ::getnameinfo(reinterpret_cast<sockaddr*>(&address), size, host, sizeof host, nullptr, 0,
                      NI_NUMERICHOST);
        return host;
    }

  private:
    std::mutex mutex_;  // of closing against interrupting
    int socket_;
};

struct DeviceOptions {
    std::string host = "127.0.0.1";  ///< Numeric; a link-local one with its scope.
    std::string unix_path{};         ///< If not empty, a Unix socket instead.
    int receive_buffer_b = 0;        ///< SO_RCVBUF of the connections; 0 = the kernel's default.
    bool is_present = true;          ///< Off: has its address, but refuses until `appear()`.
};

/// Serves one connection after the other with `script`, which gets their number from 0 on.
class LoopbackDevice {
  public:
    using Script = std::function<void(DeviceConnection&, std::size_t number)>;

    explicit LoopbackDevice(Script script, DeviceOptions options = {})
        : options_(std::move(options)), script_(std::move(script)) {
        options_.unix_path.empty() ? open_ip() : open_unix();
        if (options_.is_present) {
            appear();
        }
    }
    ~LoopbackDevice() { leave(); }
    LoopbackDevice(const LoopbackDevice&) = delete;
    LoopbackDevice& operator=(const LoopbackDevice&) = delete;

    /// Begins to listen.
    void appear() {
        require(::listen(listener_, 16) == 0);
        thread_ = std::thread([this] { serve(); });
    }

    /// Ends the present connection and refuses every other. A script that waits for an Event must
    /// have got it.
    void leave() {
        {
            const std::lock_guard lock(mutex_);
            is_leaving_ = true;
            if (present_) {
                present_->interrupt();
            }
        }
        ::shutdown(listener_, SHUT_RDWR);
        if (thread_.joinable()) {
            thread_.join();
        }
        if (listener_ >= 0) {
            ::close(std::exchange(listener_, -1));
        }
    }

    /// As a configuration spells it.
    [[nodiscard]] const std::string& address() const { return address_; }
    [[nodiscard]] std::uint16_t port() const { return port_; }

  private:
    static void require(bool condition) {
        if (!condition) {
            ::perror("loopback device");
            std::abort();
        }
    }

    void open_ip() {
        addrinfo hints{};
        hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE;
        hints.ai_socktype = SOCK_STREAM;
        addrinfo* found = nullptr;
        require(::getaddrinfo(options_.host.c_str(), "0", &hints, &found) == 0);
        listener_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        require(::bind(listener_, found->ai_addr, found->ai_addrlen) == 0);
        ::freeaddrinfo(found);
        if (options_.receive_buffer_b > 0) {
            require(::setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &options_.receive_buffer_b,
                                 sizeof options_.receive_buffer_b) == 0);
        }
        sockaddr_in6 bound{};  // the port stands at the same place as in sockaddr_in
        socklen_t size = sizeof bound;
        require(::getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &size) == 0);
        port_ = ntohs(bound.sin6_port);
        const bool is_ipv6 = bound.sin6_family == AF_INET6;
        address_ =
            (is_ipv6 ? "[" + options_.host + "]" : options_.host) + ":" + std::to_string(port_);
    }

    void open_unix() {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        require(options_.unix_path.size() < sizeof name.sun_path);
        options_.unix_path.copy(name.sun_path, sizeof name.sun_path - 1);
        listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        require(::bind(listener_, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
        address_ = "unix:" + options_.unix_path;
    }

    void serve() {
        for (std::size_t number = 0;; ++number) {
            const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (socket < 0) {
                return;
            }
            DeviceConnection connection(socket);
            {
                const std::lock_guard lock(mutex_);
                if (is_leaving_) {
                    return;
                }
                present_ = &connection;
            }
            script_(connection, number);
            const std::lock_guard lock(mutex_);
            present_ = nullptr;
        }
    }

    const DeviceOptions options_;
    const Script script_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::string address_;
    std::thread thread_;
    std::mutex mutex_;
    DeviceConnection* present_ = nullptr;
    bool is_leaving_ = false;
};

}  // namespace sluice::test
