#pragma once

#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

#include "core/error.h"
#include "core/store/store.h"
#include "core/temporary_folder.h"

namespace awb {

/// Says to the other stores of this process, for as long as it lives, that a folder is open.
class OpenFolder {
public:
    explicit OpenFolder(const std::filesystem::path &path);
    ~OpenFolder();
    OpenFolder(const OpenFolder &) = delete;
    OpenFolder &operator=(const OpenFolder &) = delete;

private:
    std::filesystem::path m_path;
};

/// What the files of the store share; nobody else includes this.
struct Store::Impl {
    std::filesystem::path home;                  ///< absolute
    std::unique_ptr<const TemporaryFolder> copy; ///< of the database, where it may only be read; or null
    mutable SQLite::Database db;
    OpenFolder isOpen; ///< after db, which makes the file

    Impl(const std::filesystem::path &home, Access access);

    std::filesystem::path file() const { return home / "library.sqlite"; }
    /// What SQLite has open: file(), or its copy.
    std::filesystem::path openFile() const { return copy ? copy->path() / file().filename() : file(); }
    std::filesystem::path runFolder(std::int64_t id) const { return home / "runs" / std::to_string(id); }

    /// A path as it is stored: relative when it lies inside the library, so that a library can be moved.
    std::string relative(const std::string &path) const;
    std::string absolute(const std::string &stored) const;

    /// Calls `f` and turns SQLite's exceptions into sentences.
    template <typename F>
    auto read(F f) const
    {
        try {
            return f();
        } catch (const SQLite::Exception &error) {
            throwSentence(error);
        }
    }

    /// Calls `f` in one transaction that takes the write lock at once: a transaction that reads first and writes later
    /// fails without waiting when another connection has written in between.
    template <typename F>
    auto write(F f)
    {
        return read([&] {
            SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
            if constexpr (std::is_void_v<decltype(f())>) {
                f();
                transaction.commit();
            } else {
                auto result = f();
                transaction.commit();
                return result;
            }
        });
    }

    /// Rows changed by one statement.
    template <typename... Values>
    int execute(const char *sql, const Values &...values)
    {
        SQLite::Statement statement(db, sql);
        SQLite::bind(statement, values...);
        return statement.exec();
    }

    RunState stateOf(std::int64_t id) const; ///< throws Error when there is no such run
    std::vector<std::int64_t> enqueue(const std::vector<TrainSpec> &specs, const std::string &study, bool missingOnly);
    void cancelWaiting(std::int64_t id);                     ///< one that nobody computes, in the caller's transaction
    std::optional<Run> claimWhere(const std::string &which); ///< `which`: a SELECT of one id
    /// The runs that are here without weights get those that `staged` holds of them, folders by id. The number of runs.
    int completeRuns(const std::filesystem::path &staged, std::vector<std::filesystem::path> &placed);
    /// With the database attached as `other`, whose runs of the ids `staged` have their files in `staging`.
    MergeReport absorb(const std::filesystem::path &staging, const std::vector<std::int64_t> &staged,
                       const std::string &study);
    Run runFrom(SQLite::Statement &row) const; ///< of a SELECT of runColumns
    std::vector<Run> runsFrom(SQLite::Statement &rows) const;

private:
    /// Parsed already: a spec never changes and an id is never used twice, and the window lists all runs again and again.
    mutable std::unordered_map<std::int64_t, TrainSpec> m_specs;

    [[noreturn]] void throwSentence(const SQLite::Exception &error) const;
    void migrate();
    void chooseJournal();
};

/// The columns that runFrom() reads, in its order.
extern const char *const runColumns;

/// NULL is what SQLite makes of "not a number".
inline double realFrom(const SQLite::Column &column)
{
    return column.isNull() ? std::numeric_limits<double>::quiet_NaN() : column.getDouble();
}

} // namespace awb
