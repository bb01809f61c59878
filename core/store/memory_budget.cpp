#include "core/store/memory_budget.h"

#include <fstream>
#include <limits>
#include <string>

namespace awb {

namespace {

/// The number behind `name` in a file of lines "name number"; 0 without.
double numberIn(const std::filesystem::path &file, const std::string &name)
{
    std::ifstream in(file);
    std::string word;
    double number = 0;
    while (in >> word >> number) {
        if (word == name)
            return number;
        in.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    }
    return 0;
}

/// `cache`: what of the used memory can be freed, by its name in memory.stat.
bool limitIsFar(const std::filesystem::path &folder, const char *limit, const char *used, const char *cache)
{
    double most = 0, now = 0;
    std::ifstream(folder / limit) >> most; // "max" is no limit, and no number
    std::ifstream(folder / used) >> now;
    return most == 0 || now - numberIn(folder / "memory.stat", cache) <= most / 2;
}

} // namespace

bool memoryIsPlenty(const std::filesystem::path &root)
{
    const auto machine = root / "proc/meminfo", groups = root / "sys/fs/cgroup";
    return numberIn(machine, "MemAvailable:") >= numberIn(machine, "MemTotal:") / 2 &&
           limitIsFar(groups, "memory.max", "memory.current", "inactive_file") &&
           limitIsFar(groups / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");
}

} // namespace awb
