#include "core/store/store_impl.h"

#include <algorithm>

#include <unistd.h>

#include "core/spec_json.h"
#include "core/store/merge.h"
#include "core/store/run_files.h"
#include "core/study/study.h"
#include "core/temporary_folder.h"

namespace awb {

namespace {

namespace fs = std::filesystem;

constexpr const char *incoming = ".incoming-"; // and the process

/// The other library, for as long as the object lives. SQLite attaches outside of transactions only.
struct Attached {
    SQLite::Database &db;
    Attached(SQLite::Database &database, const fs::path &file) : db(database)
    {
        SQLite::Statement attach(db, "ATTACH ? AS other");
        attach.bind(1, file.string());
        attach.exec();
    }
    ~Attached()
    {
        try {
            db.exec("DETACH other");
        } catch (const SQLite::Exception &) { // ends with the connection
        }
    }
    Attached(const Attached &) = delete;
    Attached &operator=(const Attached &) = delete;
};

/// The columns that a run takes along: all but its number and its place in the queue.
std::string copiedColumns(SQLite::Database &db)
{
    std::string columns;
    SQLite::Statement rows(db, "SELECT name FROM pragma_table_info('run') WHERE name NOT IN ('id', 'position')");
    while (rows.executeStep())
        columns += (columns.empty() ? "" : ", ") + rows.getColumn(0).getString();
    return columns;
}

/// `mine`, a run of this library, is `theirs`.
constexpr const char *same =
    "mine.dataset = theirs.dataset AND mine.checkpoint = theirs.checkpoint AND mine.state = 'done' AND mine.spec = "
    "theirs.spec AND mine.finished = theirs.finished AND mine.seconds IS theirs.seconds AND mine.program = theirs.program "
    "AND mine.libtorch = theirs.libtorch AND mine.device = theirs.device AND mine.path = theirs.path AND "
    "mine.checkpoint_sha256 = theirs.checkpoint_sha256 AND mine.data_sha256 = theirs.data_sha256";

std::vector<std::int64_t> newRuns(SQLite::Database &db, const std::string &ofStudy)
{
    std::vector<std::int64_t> ids;
    SQLite::Statement rows(db, std::string("SELECT id FROM other.run AS theirs WHERE state = 'done' AND (?1 = '' OR study = "
                                           "?1) AND NOT EXISTS (SELECT 1 FROM main.run AS mine WHERE ") +
                                   same + ") ORDER BY id");
    rows.bind(1, ofStudy);
    while (rows.executeStep())
        ids.push_back(rows.getColumn(0).getInt64());
    return ids;
}

/// Fills temp.same_run with the runs that both libraries have by now: mine, theirs, and their study.
void pairRuns(SQLite::Database &db, const std::string &ofStudy)
{
    db.exec("DROP TABLE IF EXISTS temp.same_run");
    // CROSS JOIN: of each of theirs mine is looked up, by an index.
    SQLite::Statement pair(db,
                           std::string("CREATE TEMP TABLE same_run AS SELECT mine.id AS mine, theirs.id AS theirs, "
                                       "theirs.study AS study FROM other.run AS theirs CROSS JOIN main.run AS mine ON ") +
                               same + " WHERE ?1 = '' OR theirs.study = ?1");
    pair.bind(1, ofStudy);
    pair.exec();
}

/// Of a study that was deleted here, its runs stayed without its name.
void copyStudyNames(SQLite::Database &db)
{
    db.exec("UPDATE main.run SET study = pair.study FROM temp.same_run AS pair WHERE main.run.id = pair.mine AND "
            "main.run.study = '' AND pair.study <> ''");
}

/// The ablation maps of runs that both libraries have, where only the other one has a map.
void copyAblations(SQLite::Database &db)
{
    // Parts first: whether the map is missing is asked of the head.
    db.exec("PRAGMA defer_foreign_keys = ON");
    for (const auto &[table, columns] :
         {std::pair("ablation_span", "first, last, score"), std::pair("ablation_drop", "layers, seconds"),
          std::pair("ablation", "score, device, threads, computed")}) {
        const std::string part(table), own(columns);
        db.exec("INSERT INTO main." + part + " (run, " + own + ") SELECT mine, " + own + " FROM other." + part +
                " JOIN temp.same_run ON run = theirs WHERE NOT EXISTS (SELECT 1 FROM main.ablation AS have WHERE have.run "
                "= mine)");
    }
}

/// What those runs scored on test, where only the other library has it.
void copyTestScores(SQLite::Database &db)
{
    db.exec("INSERT OR IGNORE INTO main.metric (run, name, step, epoch, value) SELECT mine, name, step, epoch, value FROM "
            "temp.same_run CROSS JOIN other.metric ON run = theirs WHERE name LIKE 'test.%'");
}

/// What a study was once may be written otherwise by another version, and is the same all the same.
bool sameStudy(const std::string &json, const std::string &other)
{
    return json == other || studyFromJson(json) == studyFromJson(other);
}

void copyFolder(const fs::path &from, const fs::path &to)
{
    std::error_code error;
    if (!fs::is_directory(from, error))
        return; // its weights are gone; the numbers come all the same
    fs::create_directories(to, error);
    for (auto entry = fs::directory_iterator(from, error); !error && entry != fs::directory_iterator();
         entry.increment(error))
        if (entry->path().filename() != run_files::snapshot) // of a program that ended before it could remove it
            fs::copy(entry->path(), to / entry->path().filename(), fs::copy_options::recursive, error);
    if (error)
        throw Error("The files of a run cannot be copied from " + from.string() + " to " + to.string() + ": " +
                    error.message() + ".");
}

void moveFolder(const fs::path &from, const fs::path &to)
{
    std::error_code error;
    fs::remove_all(to, error); // of a run that never was
    fs::rename(from, to, error);
    if (error)
        throw Error("The folder " + to.string() + " cannot be made: " + error.message() + ".");
}

int count(SQLite::Database &db, const char *sql, const std::string &study)
{
    SQLite::Statement row(db, sql);
    row.bind(1, study);
    row.executeStep();
    return row.getColumn(0).getInt();
}

/// Refuses what this program could not read again: one such row would keep the whole library from being listed.
void requireReadable(SQLite::Database &db, std::int64_t run)
{
    SQLite::Statement row(db, "SELECT spec FROM other.run WHERE id = ?");
    row.bind(1, run);
    if (row.executeStep())
        specFromJson(row.getColumn(0).getString());
}

void requireReadableStudies(SQLite::Database &db, const std::string &ofStudy)
{
    SQLite::Statement rows(db, "SELECT json FROM other.study WHERE ?1 = '' OR name = ?1");
    rows.bind(1, ofStudy);
    while (rows.executeStep())
        studyFromJson(rows.getColumn(0).getString());
}

/// Studies that have another content in both.
std::vector<std::string> differentStudies(SQLite::Database &db, const std::string &ofStudy)
{
    std::vector<std::string> notes;
    SQLite::Statement rows(db,
                           "SELECT name, mine.json, theirs.json FROM other.study AS theirs JOIN main.study AS mine USING "
                           "(name) WHERE ?1 = '' OR name = ?1");
    rows.bind(1, ofStudy);
    while (rows.executeStep())
        if (!sameStudy(rows.getColumn(1).getString(), rows.getColumn(2).getString()))
            notes.push_back("The study " + rows.getColumn(0).getString() +
                            " is another here; it stayed as it is, and the runs of both stand under its name.");
    return notes;
}

} // namespace

MergeReport Store::absorb(const Store &other, const std::string &study)
{
    return m->read([&] {
        const Attached attached(m->db, other.m->openFile());
        std::error_code ignored; // said by the next line
        fs::create_directories(home() / "runs", ignored);
        removeAbandoned(home() / "runs", incoming);
        const TemporaryFolder staging(home() / "runs" / (incoming + std::to_string(::getpid())));
        // Large files are copied before the lock is taken, so that a run in progress is not held up.
        const std::vector<std::int64_t> runs = newRuns(m->db, study);
        for (const std::int64_t id : runs)
            copyFolder(other.m->runFolder(id), staging.path() / std::to_string(id));
        pairRuns(m->db, study);
        SQLite::Statement pairs(m->db, "SELECT mine, theirs FROM temp.same_run");
        while (pairs.executeStep()) { // weights that are gone here alone
            const fs::path mine = m->runFolder(pairs.getColumn(0).getInt64());
            if (!fs::exists(mine))
                copyFolder(other.m->runFolder(pairs.getColumn(1).getInt64()), staging.path() / "known" / mine.filename());
        }
        pairs.reset(); // else the table cannot be dropped
        return m->absorb(staging.path(), runs, study);
    });
}

/// Moves the staged files of runs that are here to where theirs are missing. Returns of how many.
int Store::Impl::completeRuns(const fs::path &staged, std::vector<fs::path> &placed)
{
    int completed = 0;
    std::error_code error;
    for (auto entry = fs::directory_iterator(staged, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
        const fs::path to = home / "runs" / entry->path().filename();
        if (fs::exists(to))
            continue; // computed anew meanwhile
        moveFolder(entry->path(), to);
        placed.push_back(to);
        ++completed;
    }
    return completed;
}

MergeReport Store::Impl::absorb(const std::filesystem::path &staging, const std::vector<std::int64_t> &staged,
                                const std::string &study)
{
    std::vector<fs::path> placed;
    try {
        return write([&] {
            MergeReport report;
            const std::string columns = copiedColumns(db);
            requireReadableStudies(db, study);
            int finishedMeanwhile = 0, withoutWeights = 0;
            // A library that never had a run takes theirs with their numbers: the figures in an archive name them.
            const bool fresh =
                !SQLite::Statement(db, "SELECT 1 FROM main.sqlite_sequence WHERE name = 'run' AND seq > 0").executeStep();
            for (const std::int64_t id : newRuns(db, study)) { // asked again under the lock
                if (std::ranges::find(staged, id) == staged.end()) {
                    ++finishedMeanwhile; // after the files were copied: the next merge takes it
                    continue;
                }
                requireReadable(db, id);
                execute(("INSERT INTO main.run (id, position, " + columns +
                         ") SELECT iif(?2, id, NULL), (SELECT COALESCE(MAX(position), 0) + 1 FROM main.run), " + columns +
                         " FROM other.run WHERE id = ?1")
                            .c_str(),
                        id, int(fresh));
                const std::int64_t now = db.getLastInsertRowid();
                execute("INSERT INTO main.metric (run, name, step, epoch, value) SELECT ?, name, step, epoch, value FROM "
                        "other.metric WHERE run = ?",
                        now, id);
                const std::string before = "runs/" + std::to_string(id) + "/", after = "runs/" + std::to_string(now) + "/";
                const bool trained =
                    execute("UPDATE main.run SET weights = ?2 || substr(weights, length(?1) + 1) WHERE id = ?3 AND "
                            "substr(weights, 1, length(?1)) = ?1",
                            before, after, now);
                const fs::path from = staging / std::to_string(id);
                if (fs::exists(from)) {
                    moveFolder(from, runFolder(now));
                    placed.push_back(runFolder(now));
                } else if (trained) {
                    ++withoutWeights;
                }
                ++report.runs;
            }
            pairRuns(db, study);
            copyStudyNames(db);
            copyAblations(db);
            copyTestScores(db);
            report.notes = differentStudies(db, study);
            if (withoutWeights > 0)
                report.notes.push_back(runsText(withoutWeights) + " came without weights, which are gone there.");
            if (const int completed = completeRuns(staging / "known", placed); completed > 0)
                report.notes.push_back("The weights of " + runsText(completed) + " that lacked them here came in.");
            execute(
                "INSERT OR IGNORE INTO main.study (name, json, created) SELECT name, json, created FROM other.study WHERE "
                "?1 = '' OR name = ?1",
                study);
            report.known =
                count(db, "SELECT COUNT(*) FROM other.run WHERE state = 'done' AND (?1 = '' OR study = ?1)", study) -
                report.runs - finishedMeanwhile;
            report.unfinished =
                count(db, "SELECT COUNT(*) FROM other.run WHERE state <> 'done' AND (?1 = '' OR study = ?1)", study) +
                finishedMeanwhile;
            return report;
        });
    } catch (...) {
        std::error_code ignored;
        for (const fs::path &folder : placed)
            fs::remove_all(folder, ignored);
        throw;
    }
}

} // namespace awb
