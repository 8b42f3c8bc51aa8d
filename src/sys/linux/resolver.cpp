#include "sluice/sys/resolver.hpp"

#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

#include "socket_address.hpp"

namespace sluice::sys {

/// One question. The mutex is held while `done` runs, so that a cancel waits for it.
struct ResolveRequest::State {
    std::string host;
    std::uint16_t port = 0;
    std::mutex mutex;
    std::function<void(ResolveAnswer)> done;  // empty once answered or cancelled
};

namespace {

using Question = std::shared_ptr<ResolveRequest::State>;

Error resolve_error(const std::string& host, int failure) {
    const char* words = failure == EAI_SYSTEM ? ::strerrordesc_np(errno) : ::gai_strerror(failure);
    return Error(Errc::resolve_failed, host + ": " + words);
}

ResolveAnswer ask_system(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* list = nullptr;
    if (const int failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &list); failure != 0) {
        return resolve_error(host, failure);
    }
    std::vector<SocketAddress> addresses;
    for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
        if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) {
            continue;
        }
        KernelAddress kernel;
        std::memcpy(&kernel.storage, entry->ai_addr, entry->ai_addrlen);
        kernel.size = entry->ai_addrlen;
        SocketAddress address = from_kernel(kernel);
        address.port = port;
        if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
            addresses.push_back(std::move(address));
        }
    }
    ::freeaddrinfo(list);
    if (addresses.empty()) {
        return Error(Errc::resolve_failed, host + ": no IPv4 or IPv6 address");
    }
    return addresses;
}

/// A few threads that ask, one question each at a time. They are never joined: getaddrinfo cannot
/// be interrupted, and a program's end must not wait for a name server.
class Helpers {
  public:
    void ask(Question question) {
        const std::lock_guard lock(mutex_);
        questions_.push_back(std::move(question));
        if (idle_ < questions_.size() && threads_ < threads_max) {
            ++threads_;
            std::thread([this] { answer_for_ever(); }).detach();
        }
        ready_.notify_one();
    }

  private:
    static constexpr int threads_max = 4;

    Question next() {
        std::unique_lock lock(mutex_);
        ++idle_;
        ready_.wait(lock, [this] { return !questions_.empty(); });
        --idle_;
        Question question = std::move(questions_.front());
        questions_.pop_front();
        return question;
    }

    [[noreturn]] void answer_for_ever() {
        while (true) {
            answer(*next());
        }
    }

    static void answer(ResolveRequest::State& question) {
        {
            const std::lock_guard lock(question.mutex);
            if (!question.done) {
                return;  // cancelled while it waited for a helper
            }
        }
        ResolveAnswer answer = ask_system(question.host, question.port);
        const std::lock_guard lock(question.mutex);
        if (question.done) {
            std::exchange(question.done, nullptr)(std::move(answer));
        }
    }

    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<Question> questions_;
    std::size_t idle_ = 0;
    int threads_ = 0;
};

/// Never destroyed: helpers may still use it while the process exits.
Helpers& helpers() {
    static Helpers* const instance = new Helpers;
    return *instance;
}

}  // namespace

void ResolveRequest::cancel() noexcept {
    if (const Question state = std::move(state_)) {
        const std::lock_guard lock(state->mutex);
        state->done = nullptr;
    }
}

ResolveRequest resolve(std::string host, std::uint16_t port,
                       std::function<void(ResolveAnswer)> done) {
    auto state = std::make_shared<ResolveRequest::State>();
    state->host = std::move(host);
    state->port = port;
    state->done = std::move(done);
    helpers().ask(state);
    return ResolveRequest(std::move(state));
}

}  // namespace sluice::sys
