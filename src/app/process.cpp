#include "sluice/app/process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "sluice/app/exit_status.hpp"
#include "sluice/app/report.hpp"
#include "sluice/sys/thread.hpp"

namespace sluice::app {
namespace {

/// What takes the place of a closed standard stream reads as empty and refuses to be written.
void replace_closed_standard_streams() {
    for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(number, F_GETFD) < 0) {
            static_cast<void>(::open("/dev/null", O_RDONLY));  // takes the lowest free number
        }
    }
}

}  // namespace

int prepare_process(std::size_t descriptors_needed) {
    replace_closed_standard_streams();
    if (const std::size_t limit = sys::raise_descriptor_limit(); limit < descriptors_needed) {
        report("needs " + std::to_string(descriptors_needed) + " descriptors, the limit is " +
               std::to_string(limit) + "; raise it with ulimit -n");
        return exit_os;
    }
    return exit_ok;
}

}  // namespace sluice::app
