#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "cli/cat_command.hpp"
#include "cli/check_command.hpp"
#include "cli/frames_command.hpp"
#include "cli/run_command.hpp"
#include "cli/send_command.hpp"
#include "cli/simulate.hpp"
#include "cli/stages_command.hpp"
#include "cli/usage_error.hpp"
#include "sluice/core/version.hpp"

namespace sluice::cli {
namespace {

int run(int argc, char** argv) {
    CLI::App app("Sluice turns TCP byte streams into messages.", "sluice");
    app.set_version_flag("--version", std::string("sluice ") + SLUICE_VERSION, "Print the version");
    app.set_help_flag("-h,--help", "Print this help");
    app.require_subcommand(1);
    app.footer("`sluice COMMAND --help` explains a command and gives examples.");
    const std::vector<Command> commands{
        add_run(app),  add_check(app),  add_stages(app),   add_cat(app),
        add_send(app), add_frames(app), add_simulate(app),
    };
    const auto chosen = [&commands] {
        return std::find_if(commands.begin(), commands.end(),
                            [](const Command& command) { return command.parsed->parsed(); });
    };
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {
            return app.exit(error);  // --help, --version
        }
        const bool is_chosen = chosen() != commands.end();
        return refuse(usage_error(app, error),
                      is_chosen ? "sluice " + chosen()->parsed->get_name() : "sluice");
    }
    return chosen()->run();
}

}  // namespace
}  // namespace sluice::cli

int main(int argc, char** argv) {
    return sluice::cli::run(argc, argv);
}
