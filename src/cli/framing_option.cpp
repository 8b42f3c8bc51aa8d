#include "cli/framing_option.hpp"

#include "cli/usage_error.hpp"

namespace sluice::cli {

CLI::Option* add_framing_option(CLI::App& command, std::optional<std::string>& text) {
    return command
        .add_option_function<std::string>(
            "--framing", [&text](const std::string& given) { text = given; },
            "How messages stand in the stream, such as\nlength:u32be,strip:4 varint lines "
            "fixed:188\noctet-counting netstring slip cobs dle:1a\n"
            "sync:b562,length:u16le@4,adjust:2 raw")
        ->type_name("FRAMING");
}

Result<Framing> parse_framing_option(const std::string& text) {
    Result<Framing> framing = Framing::parse(text);
    if (!framing) {
        return of_option("--framing", framing.error());
    }
    return framing;
}

}  // namespace sluice::cli
