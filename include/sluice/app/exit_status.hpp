/// Exit statuses, after sysexits.h, so that scripts can tell failures apart.
#pragma once

namespace sluice::app {

enum ExitStatus : int {
    exit_ok = 0,
    exit_usage = 64,        ///< EX_USAGE: the command line is wrong.
    exit_data = 65,         ///< EX_DATAERR: the data that was given is not what it should be.
    exit_no_input = 66,     ///< EX_NOINPUT: a file cannot be opened.
    exit_unavailable = 69,  ///< EX_UNAVAILABLE: an address cannot be reached, or not be used.
    exit_software = 70,     ///< EX_SOFTWARE: a fault of the program itself, such as a lost byte.
    exit_os = 71,           ///< EX_OSERR: the system lacks something, such as descriptors.
    exit_io = 74,           ///< EX_IOERR: reading or writing a standard stream failed.
    exit_protocol = 76,     ///< EX_PROTOCOL: a device sent what is no frame.
    exit_permission = 77,   ///< EX_NOPERM: the system does not permit it.
    exit_config = 78,       ///< EX_CONFIG: the configuration is wrong.
};

}  // namespace sluice::app
