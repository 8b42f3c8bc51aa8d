#include "cli/usage_error.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include "sluice/app/config_problem.hpp"
#include "sluice/app/exit_status.hpp"

namespace sluice::cli {
namespace {

std::vector<std::string> option_names(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options()) {
        if (!option->get_positional()) {
            names.push_back(option->get_lnames().empty() ? "-" + option->get_snames().front()
                                                         : "--" + option->get_lnames().front());
        }
    }
    return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands({})) {
        names.push_back(command->get_name());
    }
    return names;
}

std::string unknown(const std::string& kind, const std::string& given,
                    const std::vector<std::string>& names) {
    const std::vector<std::string_view> words(names.begin(), names.end());
    return "unknown " + kind + " " + app::in_quotes(given) + "; " + app::suggestion(given, words);
}

}  // namespace

std::string usage_error(const CLI::App& app, const CLI::ParseError& error) {
    const std::vector<CLI::App*> parsed = app.get_subcommands();
    const CLI::App& command = parsed.empty() ? app : *parsed.front();
    const std::vector<std::string> left = app.remaining(true);
    const auto option = std::find_if(left.begin(), left.end(), [](const std::string& argument) {
        return argument.size() > 1 && argument.front() == '-';
    });
    if (option != left.end()) {
        return unknown("option", *option, option_names(command));
    }
    if (!left.empty() && parsed.empty()) {
        return unknown("command", left.front(), command_names(app));
    }
    if (!left.empty()) {
        return "\"" + left.front() + "\" is one argument too many";
    }
    return error.what();
}

Error of_option(const std::string& option, const Error& error) {
    return Error(error.code(), option + " " + error.detail());
}

int refuse(const std::string& message, const std::string& command) {
    std::fprintf(stderr, "sluice: %s\nRun `%s --help` for more.\n", message.c_str(),
                 command.c_str());
    return app::exit_usage;
}

}  // namespace sluice::cli
