#include "core/store/pip_download.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"
#include "core/files.h"
#include "version.h"

extern char **environ;

namespace awb {
namespace {

/// Runs a program without a shell, all its output into `log`. Returns its exit status; -1: it could not be started.
int runLogged(std::vector<std::string> words, const std::filesystem::path &log)
{
    std::vector<char *> arguments;
    for (std::string &word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    posix_spawnattr_t attributes; // a program that waits for its own signals holds them back from its children
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    pid_t child = 0;
    const int failed = ::posix_spawnp(&child, arguments[0], &actions, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failed)
        return -1;
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

std::string lastLine(std::string text)
{
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
        text.pop_back();
    return text.substr(text.find_last_of('\n') + 1);
}

} // namespace

std::string defaultPython()
{
    if (const char *python = std::getenv("AWB_PYTHON"))
        return python;
    const auto venv = std::filesystem::path(sourceFolder) / ".venv" / "bin" / "python";
    return std::filesystem::exists(venv) ? venv.string() : "python3";
}

void pipDownload(const std::string &python, const std::string &requirement, const std::filesystem::path &folder)
{
    const auto log = folder / "pip.log";
    // "--no-binary :none:" first, since a user's own pip settings may forbid wheels.
    const int status = runLogged({python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                                  "--no-binary", ":none:", "--only-binary", ":all:", "--dest", folder.string(), requirement},
                                 log);
    if (status < 0)
        throw Error("The sample library needs Python once, and " + python +
                    " could not be started; install python3, or name one in AWB_PYTHON.");
    if (status != 0)
        throw Error(requirement + " could not be downloaded. pip says: " + lastLine(readFile(log)) +
                    " Check the network and try again.");
    std::filesystem::remove(log);
}

} // namespace awb
