#include "app/command_line.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string_view>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "core/error.h"
#include "version.h"

namespace awb {

Store &Context::store()
{
    if (!m_store)
        m_store = std::make_unique<Store>(homeFolder(), Store::Access::ReadAtLeast);
    return *m_store;
}

std::filesystem::path Context::homeFolder() const
{
    return home.empty() ? Store::defaultHome() : std::filesystem::absolute(home);
}

void Context::print(const Json &object, const std::string &plain) const
{
    std::string text = json ? object.dump(2, ' ', false, Json::error_handler_t::replace) : plain;
    if (!text.empty() && text.back() != '\n')
        text += '\n';
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
        throw Error("The result could not be written to standard output.");
}

namespace {

/// The sentence on standard error; with --json also as the one object on standard output, so that a script always gets one.
int report(const Context &context, const std::string &sentence, int status)
{
    std::fprintf(stderr, "awb: %s\n", sentence.c_str());
    if (context.json) {
        try {
            context.print(Json{{"error", sentence}}, {});
        } catch (const Error &) {
            // Standard output is what cannot be written.
        }
    }
    return status;
}

int parseAndRun(CLI::App &app, Context &context, int argc, char **argv)
{
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp &) {
        std::fputs(app.help().c_str(), stdout);
        return 0;
    } catch (const CLI::CallForVersion &) {
        std::printf("awb %s\n", version);
        return 0;
    } catch (const CLI::ParseError &error) {
        // Parsing may have ended before the flag was seen.
        context.json = std::any_of(argv + 1, argv + argc, [](std::string_view word) { return word == "--json"; });
        return report(context,
                      std::string(error.what()) + " (awb --help lists the commands, awb COMMAND --help its options)", 2);
    }
    if (!context.action) {
        std::fputs(app.help().c_str(), context.json ? stderr : stdout);
        return context.json ? report(context, "No command was given.", 2) : 2;
    }
    return context.action();
}

} // namespace

int runCommandLine(int argc, char **argv)
{
    Context context;
    try {
        CLI::App app("Experiments with adapters on BERT-like Transformers.", "awb");
        app.set_version_flag("--version", version, "Print the version");
        app.add_option("--home", context.home, "Folder of the library (else AWB_HOME, else the user's data folder)");
        app.add_flag("--json", context.json, "Print one JSON object on standard output");
        app.fallthrough(); // --home and --json may stand after the command too
        app.require_subcommand(0, 1);
        addCommands(app, context);
        return parseAndRun(app, context, argc, argv);
    } catch (const Stopped &stopped) {
        return report(context, stopped.what(), 1);
    } catch (const UsageError &error) {
        return report(context, error.what(), 2);
    } catch (const Error &error) {
        return report(context, error.what(), 1);
    } catch (const std::filesystem::filesystem_error &error) {
        return report(context, error.path1().string() + " cannot be reached: " + error.code().message() + ".", 1);
    } catch (const std::bad_alloc &) {
        return report(context, "Out of memory: try a smaller batch, shorter texts or a smaller checkpoint.", 1);
    } catch (const std::exception &error) {
        return report(context, std::string("Unexpected error: ") + error.what(), 1);
    }
}

} // namespace awb
