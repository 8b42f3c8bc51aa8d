#include "cli/frames_command.hpp"

#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cli/frame_inspector.hpp"
#include "cli/framing_option.hpp"
#include "cli/message_reader.hpp"
#include "cli/parse_number.hpp"
#include "cli/usage_error.hpp"
#include "sluice/app/exit_status.hpp"
#include "sluice/app/process.hpp"
#include "sluice/app/report.hpp"
#include "sluice/sys/file.hpp"

namespace sluice::cli {
namespace {

constexpr const char* frames_footer = R"(Examples:
  sluice frames capture.bin --framing length:u32be,strip:4
  sluice frames capture.bin --framing lines --bytes 0        a line per frame
  sluice frames capture.bin --framing sync:b562,length:u16le@4,adjust:2,checksum:fletcher8@2
  sluice cat 192.168.1.201:7502 | sluice frames - --framing fixed:1206 --max-frames 3
  sluice frames capture.bin --framing netstring --json

For each frame: its offset, its length and what of it is handed on, then its bytes, with a bar
where the payload begins and where it ends. Where no frame is: why, how much was skipped, and where
the next frame begins. All of the rest is skipped unless the framing goes on, as sync and dle do,
and delimiter, slip and cobs with bad:resync. The last lines, with --json on standard error, sum up.

--json: {"type":"frame","offset","length","data","wire_length","payload_offset"}, where length and
data (base64) are the payload's; {"type":"incident","offset","fault","skipped","resumed","claimed",
"limit","data"}, where data is what it begins with.

Exit status:
  0    all bytes are frames
  64   wrong command line
  65   bytes were skipped
  66   the file cannot be opened
  71   the system lacks something
  74   reading, or writing standard output, failed)";

constexpr std::size_t descriptors_needed = 8;
constexpr std::size_t written_at_b = std::size_t{64} * 1024;

struct FramesArguments {
    std::string file;
    std::optional<std::string> framing;
    std::string frames_max = "0";
    std::string shown_b = "64";
    bool json = false;
};

CLI::App* add_options(CLI::App& app, FramesArguments& arguments) {
    CLI::App* frames = app.add_subcommand("frames", "Show the frames of a capture");
    frames->footer(frames_footer);
    frames->add_option("FILE", arguments.file, "The bytes of one stream; - is standard input")
        ->type_name("")
        ->required();
    add_framing_option(*frames, arguments.framing)->required();
    CLI::Option* bytes =
        frames->add_option("--bytes", arguments.shown_b, "Show so many bytes of each frame")
            ->type_name("N")
            ->capture_default_str();
    frames->add_option("--max-frames", arguments.frames_max, "End after so many; 0 = never")
        ->type_name("N")
        ->capture_default_str();
    frames->add_flag("--json", arguments.json, "Print an object per frame and per incident")
        ->excludes(bytes);
    return frames;
}

Result<InspectorOptions> inspector_options(const FramesArguments& arguments) {
    const std::string numbers = "whole numbers below 2^64";
    Result<Framing> framing = parse_framing_option(*arguments.framing);
    if (!framing) {
        return framing.error();
    }
    const auto frames_max =
        parse_number<std::uint64_t>("--max-frames", arguments.frames_max, numbers);
    if (!frames_max) {
        return frames_max.error();
    }
    const auto shown_b = parse_number<std::uint64_t>("--bytes", arguments.shown_b, numbers);
    if (!shown_b) {
        return shown_b.error();
    }
    return InspectorOptions{.framing = *std::move(framing),
                            .json = arguments.json,
                            .colour = ::isatty(STDOUT_FILENO) != 0,
                            .frames_max = *frames_max,
                            .shown_b = *shown_b};
}

/// Reads a file piece by piece, and writes what the inspector shows.
class Inspection {
  public:
    Inspection(const InspectorOptions& options, sys::Descriptor input, sys::Descriptor output)
        : options_(options),
          input_(std::move(input)),
          output_(std::move(output)),
          pool_(pool_options(options)),
          inspector_(options, pool_) {}

    /// Returns an ExitStatus.
    int run() {
        while (status_ == app::exit_ok && !is_at_end_ && !inspector_.is_done()) {
            step();
        }
        if (status_ == app::exit_ok && !inspector_.is_done()) {
            check(inspector_.finish());
        }
        if (status_ == app::exit_ok && !options_.json) {
            inspector_.text() += inspector_.summary() + "\n";
        }
        write();
        if (status_ != app::exit_ok) {
            return status_;
        }
        if (options_.json) {
            app::report(inspector_.summary());
        }
        return inspector_.has_skipped() ? app::exit_data : app::exit_ok;
    }

  private:
    void step() {
        Result<Buffer> piece = pool_.acquire_slab();
        if (!piece) {
            check(piece.error());
            return;
        }
        const sys::IoResult got = sys::read(input_, piece->writable());
        if (got.status == sys::IoStatus::failed) {
            fail("reading", got.error);
            return;
        }
        is_at_end_ = got.status == sys::IoStatus::end;
        piece->truncate(got.bytes);
        check(inspector_.feed(*piece));
        if (inspector_.text().size() >= written_at_b) {
            write();
        }
    }

    void check(const Result<void>& done) {
        if (!done) {
            app::report(done.error().message());
            status_ = app::exit_os;
        }
    }

    void write() {
        std::string& text = inspector_.text();
        iovec piece{text.data(), text.size()};
        const sys::IoResult written = sys::write_all(output_, {&piece, 1});
        if (written.status == sys::IoStatus::failed) {
            fail("writing standard output", written.error);
        }
        text.clear();
    }

    void fail(const std::string& what, int error) {
        app::report(what + ": " + Error::from_errno(error).message());
        status_ = app::exit_io;
    }

    const InspectorOptions& options_;
    sys::Descriptor input_;
    sys::Descriptor output_;
    BufferPool pool_;
    FrameInspector inspector_;
    bool is_at_end_ = false;
    int status_ = app::exit_ok;
};

int frames(const FramesArguments& arguments) {
    const Result<InspectorOptions> options = inspector_options(arguments);
    if (!options) {
        return refuse(options.error().message(), "sluice frames");
    }
    if (const int status = app::prepare_process(descriptors_needed); status != app::exit_ok) {
        return status;
    }
    Result<sys::Descriptor> input = arguments.file == "-"
                                        ? sys::open_standard(sys::StandardStream::input)
                                        : sys::open_file(arguments.file);
    if (!input) {
        app::report(arguments.file + ": " + file_error_text(input.error()));
        return app::exit_no_input;
    }
    Result<sys::Descriptor> output = sys::open_standard(sys::StandardStream::output);
    if (!output) {
        app::report("standard output: " + output.error().message());
        return app::exit_io;
    }
    return Inspection(*options, *std::move(input), *std::move(output)).run();
}

}  // namespace

Command add_frames(CLI::App& app) {
    const auto arguments = std::make_shared<FramesArguments>();
    const CLI::App* command = add_options(app, *arguments);
    return {.parsed = command, .run = [arguments] { return frames(*arguments); }};
}

}  // namespace sluice::cli
