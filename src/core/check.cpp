#include "sluice/core/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace sluice::detail {

void check_failed(const char* file, int line, const char* expression, const char* why) noexcept {
    std::fprintf(stderr, "%s:%d: CHECK failed: %s (%s)\n", file, line, expression, why);
    std::abort();
}

}  // namespace sluice::detail
