/// A thread that may not have a real-time priority.
#pragma once

#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

namespace sluice::test {

/// Takes CAP_SYS_NICE and the allowance of RLIMIT_RTPRIO from the calling thread.
class Unprivileged {
  public:
    Unprivileged() {
        ::getrlimit(RLIMIT_RTPRIO, &before_);
        const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_RTPRIO, &none);
        __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
        std::array<__user_cap_data_struct, 2> sets{};
        ::syscall(SYS_capget, &header, sets.data());
        sets[0].effective &= ~(1U << CAP_SYS_NICE);
        ::syscall(SYS_capset, &header, sets.data());
    }
    ~Unprivileged() { ::setrlimit(RLIMIT_RTPRIO, &before_); }
    Unprivileged(const Unprivileged&) = delete;
    Unprivileged& operator=(const Unprivileged&) = delete;

  private:
    rlimit before_{};
};

}  // namespace sluice::test
