/// What the command tells its user, on standard error.
#pragma once

#include <string>

namespace sluice::app {

/// One line, in one write; lost if nobody reads there: no loop must wait. Any thread.
void report(const std::string& text);

/// From now on warnings and errors of the library are such lines.
void report_log();

}  // namespace sluice::app
