#include "cli/stages_command.hpp"

#include <memory>
#include <string>

#include "sluice/app/run.hpp"

namespace sluice::cli {
namespace {

constexpr const char* stages_footer = R"(Examples:
  sluice stages               all of them
  sluice stages tcp_client    the keys of one

Exit status:
  0    it is printed
  64   wrong command line, or no such stage
  74   writing standard output failed)";

}  // namespace

Command add_stages(CLI::App& app) {
    struct Arguments {
        std::string type;
        bool markdown = false;
    };
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* stages = app.add_subcommand("stages", "Show the stages that a pipeline can have");
    stages->footer(stages_footer);
    CLI::Option* type =
        stages->add_option("TYPE", arguments->type, "Only this one, such as tcp_client")
            ->type_name("");
    stages
        ->add_flag("--markdown", arguments->markdown,
                   "Print the reference of all keys of a file, as Markdown")
        ->excludes(type);
    return {.parsed = stages, .run = [arguments] {
                return arguments->markdown
                           ? app::reference_command(app::built_in_stages())
                           : app::stages_command(arguments->type, app::built_in_stages());
            }};
}

}  // namespace sluice::cli
