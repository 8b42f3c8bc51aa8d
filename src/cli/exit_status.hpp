/// Exit statuses, after sysexits.h, so that scripts can tell failures apart.
#pragma once

namespace sluice::cli {

enum ExitStatus : int {
    exit_ok = 0,
    exit_usage = 64,        ///< EX_USAGE: the command line is wrong.
    exit_unavailable = 69,  ///< EX_UNAVAILABLE: the device could not be reached, or was lost.
    exit_os = 71,           ///< EX_OSERR: the system lacks something, such as descriptors.
    exit_io = 74,           ///< EX_IOERR: reading or writing a standard stream failed.
};

}  // namespace sluice::cli
