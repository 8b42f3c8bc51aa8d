#include "sluice/sys/descriptor.hpp"

#include <unistd.h>

namespace sluice::sys {

void Descriptor::close() noexcept {
    if (number_ >= 0) {
        // Not repeated after EINTR: Linux has released the number already.
        ::close(std::exchange(number_, -1));
    }
}

}  // namespace sluice::sys
