#include "cli/run_command.hpp"

#include <memory>
#include <string>

#include "cli/duration.hpp"
#include "cli/usage_error.hpp"
#include "sluice/app/run.hpp"

namespace sluice::cli {
namespace {

constexpr const char* run_footer = R"(Examples:
  sluice run pipeline.yaml                     until Ctrl-C
  sluice run --duration 10s pipeline.yaml      ten seconds, then the ledger
  sluice run --json pipeline.yaml | jq .rates.received_bytes
  sluice run pipeline.yaml 2> run.log          a line a second into a file

On a terminal, standard error shows a table that is drawn again every second, below the lines of the
log; elsewhere, and while a stage prints on the same terminal, a line a second. What came, what went
and what was dropped, by reason, is told at the end; every sum must hold.

SIGINT (Ctrl-C) and SIGTERM end it in order: sources first, and what is queued is delivered for up
to `stop_timeout_ms`. A second signal ends it at once.

Exit status:
  0         --duration is over, a stage asked for the end, or nobody reads the --json lines any more
  64        wrong command line
  69        an address of this machine cannot be used
  70        a sum of the ledger does not hold: a fault of sluice
  71        the system lacks something, such as a processor or descriptors
  74        writing standard output failed
  77        the system does not permit it
  78        wrong configuration; every error is told
  128 + N   signal N)";

struct RunArguments {
    std::string file;
    std::string duration = "0";
    bool json = false;
};

CLI::App* add_options(CLI::App& app, RunArguments& arguments) {
    CLI::App* run = app.add_subcommand("run", "Run a pipeline");
    run->footer(run_footer);
    run->add_option("FILE", arguments.file, "The pipeline, in YAML")->type_name("")->required();
    run->add_option("--duration", arguments.duration, "End after this long, such as 10s; 0 = never")
        ->type_name("TIME")
        ->capture_default_str();
    run->add_flag("--json", arguments.json,
                  "Print every socket_stats on standard output,\nan object a line");
    return run;
}

int run(const RunArguments& arguments) {
    const Result<Duration> duration = parse_duration(arguments.duration);
    if (!duration) {
        return refuse(of_option("--duration", duration.error()).message(), "sluice run");
    }
    app::RunOptions options{.config_path = arguments.file, .duration = {}, .json = arguments.json};
    if (*duration > Duration::zero()) {
        options.duration = *duration;
    }
    return app::run_command(options, app::built_in_stages());
}

}  // namespace

Command add_run(CLI::App& app) {
    const auto arguments = std::make_shared<RunArguments>();
    const CLI::App* command = add_options(app, *arguments);
    return {.parsed = command, .run = [arguments] { return run(*arguments); }};
}

}  // namespace sluice::cli
