#include "aot/options.h"

#include <fmt/format.h>
#include <getopt.h>

#include "base/text.h"

namespace tracer {
namespace {

constexpr const char* kStages = "plan, verifier, libbpf and all";

Result<void> take_stages(std::string_view list, AotOptions& options) {
  for (std::string_view stage : split(list, ',')) {
    const bool all = stage == "all";
    const bool known = all || stage == "plan" || stage == "verifier" || stage == "libbpf";
    if (!known)
      return fail(fmt::format("unknown debug stage '{}'", stage),
                  fmt::format("a program that is compiled already has the stages {}", kStages));
    options.show_plan |= all || stage == "plan";
    options.launch.session.show_verifier_log |= all || stage == "verifier";
    options.launch.session.show_libbpf |= all || stage == "libbpf";
  }
  return {};
}

constexpr option kOptions[] = {
    {"debug", required_argument, nullptr, 'd'},  {"format", required_argument, nullptr, 'f'},
    {"output", required_argument, nullptr, 'o'}, {"quiet", no_argument, nullptr, 'q'},
    {"verbose", no_argument, nullptr, 'v'},      {"help", no_argument, nullptr, 'h'},
    {"version", no_argument, nullptr, 'V'},      {"dry-run", no_argument, nullptr, 'n'},
    {"unsafe", no_argument, nullptr, 'u'},       {},
};

Result<void> take(int letter, AotOptions& options) {
  LaunchOptions& launch = options.launch;
  switch (letter) {
    case 'd':
      return take_stages(optarg, options);
    case 'f':
      if (std::string_view(optarg) != "json" && std::string_view(optarg) != "text")
        return fail(fmt::format("Invalid output format '{}'", optarg), "formats are text and json");
      launch.output.format = std::string_view(optarg) == "json" ? OutputFormat::Json : OutputFormat::Text;
      break;
    case 'o':
      if (!*optarg) return fail("--output needs a text that is not empty");
      launch.output.file = optarg;
      break;
    case 'q':
      launch.output.quiet = true;
      break;
    case 'v':
      launch.session.verbose = true;
      break;
    case 'h':
      options.help = true;
      break;
    case 'V':
      options.version = true;
      break;
    case 'n':
      launch.run.dry_run = true;
      break;
    case 'u':
      options.unsafe = true;
      break;
  }
  return {};
}

std::string option_name(int argc, char** argv) {
  if (optopt > ' ' && optopt < 128) return fmt::format("-{}", static_cast<char>(optopt));
  return optind > 0 && optind <= argc ? argv[optind - 1] : "";
}

}  // namespace

Result<AotOptions> parse_aot_options(int argc, char** argv) {
  AotOptions options;
  opterr = 0;
  for (int letter; (letter = getopt_long(argc, argv, "+:d:f:o:qvhV", kOptions, nullptr)) != -1;) {
    if (letter == ':') return fail(fmt::format("{} needs a value", option_name(argc, argv)));
    if (letter == '?') return fail(fmt::format("unknown option '{}'", option_name(argc, argv)));
    if (auto taken = take(letter, options); !taken) return std::unexpected(taken.error());
  }
  if (optind < argc)
    return fail(fmt::format("unexpected argument '{}'", argv[optind]),
                "a stand-alone program takes no parameters: their values were fixed when it was built");
  return options;
}

std::string aot_usage(const std::string& program) {
  return fmt::format(
      "USAGE:\n"
      "  {} [options]\n\n"
      "OPTIONS:\n"
      "  -f, --format FORMAT   text (default) or json, one object a line\n"
      "  -o, --output FILE     write the output to FILE\n"
      "  -q, --quiet           do not say how many probes are attached\n"
      "  -v, --verbose         say more about what is done\n"
      "  -d, --debug STAGE     show stages: {}\n"
      "      --dry-run         load and attach, then end\n"
      "      --unsafe          allow what can change the system, as when it was built\n"
      "  -V, --version         print the version of tracer that built this\n"
      "  -h, --help            print this text\n",
      program, kStages);
}

}  // namespace tracer
