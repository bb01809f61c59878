#include "core/store/store_impl.h"

#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <tuple>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "core/store/migrations.h"

namespace awb {

namespace {

constexpr int busyTimeout = 10000; // milliseconds

/// Which file a path is: its device and its number there.
using FileId = std::pair<dev_t, ino_t>;

std::optional<FileId> idOf(const std::filesystem::path &file)
{
    struct stat found {};
    return ::stat(file.c_str(), &found) == 0 ? std::optional(FileId(found.st_dev, found.st_ino)) : std::nullopt;
}

/// The folders that stores of this process have open, each as often as it is, with their library's file.
struct OpenFolders {
    std::mutex mutex;
    std::multimap<std::filesystem::path, std::optional<FileId>> folders;
};

OpenFolders &openFolders()
{
    static OpenFolders all;
    return all;
}

/// A library that this process has open comes back as itself or not at all: another one in its place would hide that it was
/// taken away. Throws Error when it is gone.
void requireThere(const std::filesystem::path &folder)
{
    OpenFolders &open = openFolders();
    const std::lock_guard lock(open.mutex);
    const auto known = open.folders.find(folder);
    if (known != open.folders.end() && (!known->second || idOf(folder / "library.sqlite") != known->second))
        throw Error("The library folder " + folder.string() +
                    " is gone or was replaced: put it back, close the program and open it again.");
}

std::filesystem::path createdFolder(const std::filesystem::path &home)
{
    std::error_code error;
    const auto folder = std::filesystem::absolute(home, error).lexically_normal();
    requireThere(folder);
    std::filesystem::create_directories(folder, error);
    if (!std::filesystem::is_directory(folder))
        throw Error("The library folder " + folder.string() + " cannot be created: " + error.message() +
                    "; choose another one with --home or AWB_HOME.");
    return folder;
}

/// Opening is the one step that SQLiteCpp does in a constructor, before there is an Impl to turn its exception into words.
SQLite::Database opened(const std::filesystem::path &file)
{
    try {
        return {file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, busyTimeout};
    } catch (const SQLite::Exception &error) {
        throw Error("The library file " + file.string() + " cannot be opened: " + error.what() +
                    "; check the permissions of its folder or choose another library folder.");
    }
}

/// SQLite opens nothing in a folder in which it may write nothing: a copy of the database there, or null where it may write.
std::unique_ptr<const TemporaryFolder> copyOfReadOnly(const std::filesystem::path &home)
{
    namespace fs = std::filesystem;
    const fs::path database = home / "library.sqlite";
    // What is not in it yet, and what an unfinished change of it can be taken back by.
    const fs::path log = home / "library.sqlite-wal", journal = home / "library.sqlite-journal";
    if (::access(database.c_str(), R_OK) != 0 ||
        (::access(home.c_str(), W_OK) == 0 && ::access(database.c_str(), W_OK) == 0))
        return nullptr;
    removeAbandoned(fs::temp_directory_path(), "awb-library-");
    auto copy = std::make_unique<TemporaryFolder>(TemporaryFolder::freeName("awb-library"));
    const auto written = [&](const fs::path &file) {
        std::error_code missing;
        return std::pair(fs::last_write_time(file, missing), fs::file_size(file, missing));
    };
    for (int attempt = 0; attempt < 5; ++attempt) { // somebody else may write meanwhile
        const auto before = std::tuple(written(database), written(log), written(journal));
        for (const fs::path &file : {database, log, journal}) {
            const fs::path to = copy->path() / file.filename();
            std::error_code error;
            fs::remove(to, error);
            if (fs::exists(file) && fs::copy_file(file, to, error))
                fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write, error);
            if (error && error != std::errc::no_such_file_or_directory) // it is gone since it was looked for
                throw Error("The library file " + file.string() + " cannot be copied to " + to.string() + ": " +
                            error.message() + ".");
        }
        if (before == std::tuple(written(database), written(log), written(journal)))
            return copy;
    }
    throw Error("The library " + home.string() +
                " may only be read by you, and another program writes to it all the time; try again when that has ended.");
}

} // namespace

std::filesystem::path Store::defaultHome()
{
    const auto variable = [](const char *name) {
        const char *value = std::getenv(name);
        return std::filesystem::path(value ? value : "");
    };
    if (const auto home = variable("AWB_HOME"); !home.empty())
        return home;
    // The XDG rules say that a relative path there is to be ignored.
    if (const auto data = variable("XDG_DATA_HOME"); data.is_absolute())
        return data / "adapter-workbench";
    auto user = variable("HOME");
    if (user.empty()) {
        const passwd *entry = ::getpwuid(::getuid());
        user = entry ? entry->pw_dir : ".";
    }
    return user / ".local" / "share" / "adapter-workbench";
}

Store::Store(const std::filesystem::path &home, Access access) : m(std::make_unique<Impl>(home, access)) {}
Store::~Store() = default;

const std::filesystem::path &Store::home() const
{
    return m->home;
}

void Store::requireWritable() const
{
    m->read([&] {
        if (m->copy)
            throw SQLite::Exception("read-only", SQLITE_READONLY);
    });
}

std::filesystem::path Store::resolve(const std::string &stored) const
{
    return m->absolute(stored);
}

std::int64_t Store::dataVersion() const
{
    return m->read([&] { return m->db.execAndGet("PRAGMA data_version").getInt64(); });
}

bool Store::isThere() const
{
    int moved = 0;
    return sqlite3_file_control(m->db.getHandle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK || moved == 0;
}

OpenFolder::OpenFolder(const std::filesystem::path &path) : m_path(path)
{
    OpenFolders &open = openFolders();
    const std::lock_guard lock(open.mutex);
    open.folders.emplace(m_path, idOf(m_path / "library.sqlite"));
}

OpenFolder::~OpenFolder()
{
    OpenFolders &open = openFolders();
    const std::lock_guard lock(open.mutex);
    open.folders.erase(open.folders.find(m_path));
}

Store::Impl::Impl(const std::filesystem::path &folder, Access access)
    : home(createdFolder(folder)), copy(access == Access::ReadAtLeast ? copyOfReadOnly(home) : nullptr),
      db(opened(openFile())), isOpen(home)
{
    read([&] {
        if (sqlite3_db_readonly(db.getHandle(), "main") == 1)
            throw SQLite::Exception("read-only", SQLITE_READONLY);
        db.exec("PRAGMA foreign_keys=ON");
        db.exec("PRAGMA synchronous=FULL");
        const int version = db.execAndGet("PRAGMA user_version").getInt();
        if (version > int(migrations().size()))
            throw Error(
                "The library " + home.string() +
                " was made by a newer version of the workbench; update the program or choose another library folder.");
        chooseJournal();
        if (version < int(migrations().size()))
            migrate();
        if (copy)
            db.exec("PRAGMA query_only=ON");
    });
}

void Store::Impl::chooseJournal()
{
    // The switch fails at once, without waiting, while another process opens the same new library.
    for (int attempt = 0;; ++attempt) {
        try {
            // Each answer is read out before the next question: an open statement would forbid the switch.
            const std::string now = db.execAndGet("PRAGMA journal_mode").getString();
            if (now == "wal" || db.execAndGet("PRAGMA journal_mode=WAL").getString() == "wal")
                return;
            break;
        } catch (const SQLite::Exception &error) {
            if (error.getErrorCode() != SQLITE_BUSY || attempt == busyTimeout / 50)
                throw;
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    }
    // A folder on a network has no shared memory, which WAL needs; the classic journal works there, with less concurrency.
    db.exec("PRAGMA journal_mode=DELETE");
}

void Store::Impl::migrate()
{
    SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
    // Asked again under the lock: another process may have done it meanwhile.
    const int version = db.execAndGet("PRAGMA user_version").getInt();
    for (int i = version; i < int(migrations().size()); ++i)
        db.exec(migrations()[std::size_t(i)]);
    db.exec("PRAGMA user_version=" + std::to_string(migrations().size()));
    transaction.commit();
}

std::string Store::Impl::relative(const std::string &path) const
{
    const auto inside = std::filesystem::path(path).lexically_normal().lexically_relative(home);
    const bool outside = inside.empty() || *inside.begin() == ".." || !std::filesystem::path(path).is_absolute();
    return outside ? path : inside.string();
}

std::string Store::Impl::absolute(const std::string &stored) const
{
    // An absolute path stays what it is.
    return stored.empty() ? std::string() : (home / stored).lexically_normal().string();
}

void Store::Impl::throwSentence(const SQLite::Exception &error) const
{
    const std::string name = "The library file " + file().string();
    switch (error.getErrorCode()) {
    case SQLITE_FULL:
        throw Error(name + " cannot grow because the disk is full; free some space and try again.");
    case SQLITE_IOERR:
        throw Error(name + " cannot be read or written (" + error.what() +
                    "); check that its disk is there and has free space, and try again.");
    case SQLITE_READONLY:
    case SQLITE_PERM:
        throw Error(name + " cannot be written; check the permissions of the file and of its folder, or choose another "
                           "library folder.");
    case SQLITE_CANTOPEN:
        throw Error(name + " cannot be opened; check that its folder is there and that you may write in it.");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        throw Error(name + " is being written by another program and did not become free within " +
                    std::to_string(busyTimeout / 1000) + " seconds; try again.");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        throw Error(name + " is damaged or is no library; restore it from a backup, or move it away to start a new one.");
    default:
        throw Error(name + " gave an unexpected error: " + error.what() + ".");
    }
}

} // namespace awb
