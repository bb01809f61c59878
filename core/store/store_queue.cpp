#include "core/store/store_impl.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/spec_json.h"
#include "core/store/run_files.h"

namespace awb {

namespace {

constexpr const char *nowSql = "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')";

std::string withNow(std::string sql)
{
    for (std::size_t at; (at = sql.find("NOW")) != std::string::npos;)
        sql.replace(at, 3, nowSql);
    return sql;
}

/// A run that always takes its program along must not keep the queue from all others.
constexpr int mostDeaths = 3;
const std::string deadlyRun =
    "The program ended three times in a row while it computed this run, each time within minutes. Perhaps the "
    "memory did not suffice: try a smaller batch or maximum length, or run it while nothing else is computed.";

/// Binds a number, or NULL for what SQLite and a chart cannot hold.
void bindFinite(SQLite::Statement &statement, int index, double value)
{
    if (std::isfinite(value))
        statement.bind(index, value);
    else
        statement.bind(index);
}

/// The snapshot and all else that an unfinished run has written.
void removeFolder(const std::filesystem::path &folder)
{
    std::error_code error;
    std::filesystem::remove_all(folder, error);
    if (error)
        throw Error("The folder " + folder.string() + " cannot be removed: " + error.message() +
                    "; check its permissions and try again.");
}

} // namespace

std::vector<std::int64_t> Store::enqueue(const std::vector<TrainSpec> &specs, const std::string &study)
{
    return m->enqueue(specs, study, false);
}

std::vector<std::int64_t> Store::enqueueMissing(const std::vector<TrainSpec> &specs, const std::string &study)
{
    return m->enqueue(specs, study, true);
}

std::vector<std::int64_t> Store::Impl::enqueue(const std::vector<TrainSpec> &specs, const std::string &study,
                                               bool missingOnly)
{
    std::vector<std::string> written;
    for (const TrainSpec &spec : specs) {
        written.push_back(toJson(spec));
        specFromJson(written.back()); // what cannot be read again, like a rate that is no number, must not be stored
    }
    return write([&] {
        std::vector<std::int64_t> ids;
        double position = db.execAndGet("SELECT COALESCE(MAX(position), 0) FROM run").getDouble();
        SQLite::Statement insert(
            db, withNow("INSERT INTO run (position, study, checkpoint, dataset, method, bottleneck, seed, spec, created) "
                        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, NOW)"));
        for (std::size_t i = 0; i < specs.size(); ++i) {
            const TrainSpec &spec = specs[i];
            SQLite::Statement known(db, "SELECT id FROM run WHERE study = ? AND spec = ? AND state IN ('queued', 'paused', "
                                        "'running')");
            SQLite::bind(known, study, written[i]);
            if (missingOnly && known.executeStep()) {
                ids.push_back(known.getColumn(0).getInt64());
                continue;
            }
            // The column takes the seed's 64 bits as a signed number; the spec has it as it is.
            SQLite::bind(insert, ++position, study, spec.checkpoint, spec.dataset, spec.method.name, spec.method.bottleneck,
                         std::int64_t(spec.seed), written[i]);
            insert.exec();
            insert.reset();
            ids.push_back(db.getLastInsertRowid());
        }
        return ids;
    });
}

std::optional<Run> Store::Impl::claimWhere(const std::string &which)
{
    SQLite::Statement claim(
        db, withNow("UPDATE run SET state = 'running', stop = NULL, error = '', finished = '', started = NOW "
                    "WHERE id = (" +
                    which + ") RETURNING ") +
                runColumns);
    return claim.executeStep() ? std::optional(runFrom(claim)) : std::nullopt;
}

std::optional<Run> Store::next() const
{
    return m->read([&]() -> std::optional<Run> {
        SQLite::Statement first(m->db,
                                std::string("SELECT ") + runColumns +
                                    " FROM run WHERE state = 'queued' AND NOT EXISTS (SELECT 1 FROM setting WHERE key = "
                                    "'queue_paused') ORDER BY position, id LIMIT 1");
        return first.executeStep() ? std::optional(m->runFrom(first)) : std::nullopt;
    });
}

std::optional<Run> Store::claim()
{
    for (;;) { // until nobody is quicker
        const auto first = next();
        if (!first)
            return std::nullopt;
        if (auto claimed = claim(first->id))
            return claimed;
    }
}

std::optional<Run> Store::claim(std::int64_t id)
{
    return m->write(
        [&] { return m->claimWhere("SELECT id FROM run WHERE state = 'queued' AND id = " + std::to_string(id)); });
}

void Store::setProgress(const Progress &progress)
{
    m->write([&] {
        SQLite::Statement update(m->db, "UPDATE run SET step = ?1, steps = ?2, loss = ?3, examples_per_second = ?4, "
                                        "steps_per_second = ?5 WHERE id = ?6 AND state = 'running'");
        update.bind(1, progress.step);
        update.bind(2, progress.steps);
        bindFinite(update, 3, progress.loss);
        bindFinite(update, 4, progress.examplesPerSecond);
        bindFinite(update, 5, progress.stepsPerSecond);
        update.bind(6, progress.run);
        update.exec();
    });
}

void Store::addMeasurements(std::int64_t run, const std::vector<Measurement> &measurements)
{
    m->write([&] {
        SQLite::Statement insert(m->db,
                                 "INSERT OR REPLACE INTO metric (run, name, step, epoch, value) VALUES (?, ?, ?, ?, ?)");
        for (const Measurement &measurement : measurements) {
            insert.bind(1, run);
            insert.bind(2, measurement.name);
            insert.bind(3, measurement.step);
            bindFinite(insert, 4, measurement.epoch);
            bindFinite(insert, 5, measurement.value);
            insert.exec();
            insert.reset();
        }
        m->execute("UPDATE run SET deaths = 0 WHERE id = ? AND deaths > 0", run); // it gets on
    });
}

void Store::dropMeasurementsAfter(std::int64_t run, int step)
{
    m->write([&] { m->execute("DELETE FROM metric WHERE run = ? AND step > ?", run, step); });
}

void Store::finish(const Run &run)
{
    m->write([&] {
        SQLite::Statement update(
            m->db,
            withNow("UPDATE run SET state = 'done', stop = NULL, error = '', finished = NOW, trainable = ?1, total = ?2, "
                    "metric = ?3, score = ?4, step = MAX(step, ?5), steps = MAX(steps, ?6), loss = ?7, "
                    "examples_per_second = ?8, weights = ?9, program = ?10, libtorch = ?11, device = ?12, path = ?13, "
                    "threads = ?14, checkpoint_sha256 = ?15, data_sha256 = ?16, seconds = ?17, steps_per_second = ?18, "
                    "trained_examples_per_second = ?19, peak_memory = ?20, layers = ?21, trained_tables = ?22, "
                    "inference_seconds = ?23, together = ?24 WHERE id = ?25"));
        const Provenance &made = run.provenance;
        update.bind(1, run.trainable);
        update.bind(2, run.total);
        update.bind(3, run.metric);
        bindFinite(update, 4, run.score.value_or(NAN));
        update.bind(5, run.step);
        update.bind(6, run.steps);
        bindFinite(update, 7, run.loss);
        bindFinite(update, 8, run.examplesPerSecond);
        update.bind(9, m->relative(run.weights));
        update.bind(10, made.program);
        update.bind(11, made.libtorch);
        update.bind(12, made.device);
        update.bind(13, made.path);
        update.bind(14, made.threads);
        update.bind(15, made.checkpointSha256);
        update.bind(16, made.dataSha256);
        bindFinite(update, 17, made.seconds);
        bindFinite(update, 18, made.stepsPerSecond);
        bindFinite(update, 19, made.examplesPerSecond);
        update.bind(20, made.peakMemory);
        update.bind(21, run.layers);
        update.bind(22, run.trainedTables);
        bindFinite(update, 23, made.inferenceSeconds);
        update.bind(24, made.together);
        update.bind(25, run.id);
        if (update.exec() == 0)
            m->stateOf(run.id);
    });
    std::error_code ignored; // it only takes room
    std::filesystem::remove(m->runFolder(run.id) / run_files::snapshot, ignored);
}

void Store::fail(std::int64_t id, const std::string &sentence)
{
    m->write([&] {
        m->stateOf(id);
        m->execute(withNow("UPDATE run SET state = 'failed', stop = NULL, finished = NOW, error = ? WHERE id = ?").c_str(),
                   sentence, id);
    });
}

void Store::leave(std::int64_t id, const std::string &remark)
{
    m->write([&] { // what is asked for meanwhile must not be lost
        if (requestedState(id) == RunState::Cancelled)
            return m->cancelWaiting(id);
        m->execute("UPDATE run SET state = COALESCE(stop, 'queued'), stop = NULL, finished = '', error = ? WHERE id = ?",
                   remark, id);
    });
}

void Store::Impl::cancelWaiting(std::int64_t id)
{
    std::error_code ignored; // what cannot be removed takes room, and must not keep the run from being cancelled
    std::filesystem::remove_all(runFolder(id), ignored); // under the write lock, so nobody can have claimed it meanwhile
    execute(withNow("UPDATE run SET state = 'cancelled', stop = NULL, finished = NOW, error = '' WHERE id = ?").c_str(), id);
}

void Store::cancel(std::int64_t id)
{
    m->write([&] {
        const RunState state = m->stateOf(id);
        if (state == RunState::Running)
            m->execute("UPDATE run SET stop = 'cancelled' WHERE id = ?", id);
        if (state == RunState::Queued || state == RunState::Paused)
            m->cancelWaiting(id);
    });
}

void Store::pause(std::int64_t id)
{
    m->write([&] {
        m->stateOf(id);
        m->execute("UPDATE run SET state = 'paused' WHERE id = ? AND state = 'queued'", id);
        m->execute("UPDATE run SET stop = 'paused' WHERE id = ? AND state = 'running' AND stop IS NULL", id);
    });
}

void Store::resume(std::int64_t id)
{
    m->write([&] {
        m->stateOf(id);
        m->execute("UPDATE run SET state = 'queued' WHERE id = ? AND state = 'paused'", id);
        // Resumed before the worker has seen the pause: it simply goes on.
        m->execute("UPDATE run SET stop = NULL WHERE id = ? AND state = 'running' AND stop = 'paused'", id);
    });
}

void Store::retry(std::int64_t id)
{
    m->write([&] {
        const RunState state = m->stateOf(id);
        if (state != RunState::Failed && state != RunState::Cancelled)
            throw Error("Run " + std::to_string(id) + " is " + toString(state) +
                        "; only a failed or cancelled run can be tried again.");
        if (state == RunState::Cancelled) {
            removeFolder(m->runFolder(id));
            m->execute("DELETE FROM metric WHERE run = ?", id);
        }
        m->execute(
            "UPDATE run SET state = 'queued', stop = NULL, position = (SELECT MAX(position) + 1 FROM run), step = 0, "
            "steps = 0, loss = 0, examples_per_second = 0, error = '', started = '', finished = '', deaths = 0 WHERE id = ?",
            id);
    });
}

void Store::move(std::int64_t id, int places)
{
    m->write([&] {
        std::vector<std::pair<std::int64_t, double>> queue;
        SQLite::Statement rows(m->db, "SELECT id, position FROM run WHERE state = 'queued' ORDER BY position, id");
        while (rows.executeStep())
            queue.emplace_back(rows.getColumn(0).getInt64(), rows.getColumn(1).getDouble());
        const auto found = std::find_if(queue.begin(), queue.end(), [&](const auto &each) { return each.first == id; });
        if (found == queue.end())
            throw Error("Run " + std::to_string(id) + " is " + toString(m->stateOf(id)) +
                        "; only a queued run can be moved.");
        const auto from = std::int64_t(found - queue.begin());
        const auto to = std::clamp<std::int64_t>(from + places, 0, std::int64_t(queue.size()) - 1);
        // The positions stay where they are and the runs between change places, each by one.
        const std::int64_t towards = to < from ? -1 : 1;
        for (std::int64_t i = from; i != to; i += towards)
            m->execute("UPDATE run SET position = ? WHERE id = ?", queue[std::size_t(i)].second,
                       queue[std::size_t(i + towards)].first);
        m->execute("UPDATE run SET position = ? WHERE id = ?", queue[std::size_t(to)].second, id);
    });
}

void Store::remove(std::int64_t id)
{
    if (!isThere())
        throw Error("The library " + home().string() + " is gone or was replaced; nothing was deleted.");
    m->write([&] {
        if (m->stateOf(id) == RunState::Running)
            throw Error("Run " + std::to_string(id) + " is running; cancel it before deleting it.");
        m->execute("DELETE FROM run WHERE id = ?", id);
    });
    // After the commit: ids are never used twice, so a folder that stays behind is nobody's.
    removeFolder(m->runFolder(id));
}

RunState Store::requestedState(std::int64_t id) const
{
    return m->read([&] {
        SQLite::Statement row(m->db, "SELECT stop FROM run WHERE id = ?");
        row.bind(1, id);
        if (!row.executeStep())
            return RunState::Cancelled;
        return row.isColumnNull(0) ? RunState::Running : runStateFromString(row.getColumn(0).getString());
    });
}

std::optional<std::string> Store::remembered(const std::string &name) const
{
    return m->read([&]() -> std::optional<std::string> {
        SQLite::Statement row(m->db, "SELECT value FROM setting WHERE key = ?");
        row.bind(1, name);
        return row.executeStep() ? std::optional(row.getColumn(0).getString()) : std::nullopt;
    });
}

void Store::remember(const std::string &name, const std::string &value)
{
    m->write([&] { m->execute("INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)", name, value); });
}

void Store::setQueuePaused(bool paused)
{
    m->write([&] {
        m->db.exec(paused ? "INSERT OR REPLACE INTO setting (key, value) VALUES ('queue_paused', 'yes')"
                          : "DELETE FROM setting WHERE key = 'queue_paused'");
    });
}

bool Store::queuePaused() const
{
    return m->read(
        [&] { return SQLite::Statement(m->db, "SELECT 1 FROM setting WHERE key = 'queue_paused'").executeStep(); });
}

int Store::requeueOrphans()
{
    const bool any =
        m->read([&] { return SQLite::Statement(m->db, "SELECT 1 FROM run WHERE state = 'running' LIMIT 1").executeStep(); });
    if (!any)
        return 0;
    return m->write([&] {
        // What was asked of a run before its worker died still holds.
        SQLite::Statement cancelled(m->db, "SELECT id FROM run WHERE state = 'running' AND stop = 'cancelled'");
        std::error_code ignored; // what cannot be removed must not stop the queue
        while (cancelled.executeStep())
            std::filesystem::remove_all(m->runFolder(cancelled.getColumn(0).getInt64()), ignored);
        m->execute("UPDATE run SET deaths = deaths + 1 WHERE state = 'running'");
        const int given =
            m->execute(withNow("UPDATE run SET state = 'failed', finished = NOW, stop = NULL, deaths = 0, error = ? "
                               "WHERE state = 'running' AND stop IS NULL AND deaths >= ?")
                           .c_str(),
                       deadlyRun, mostDeaths);
        return given +
               m->execute(withNow("UPDATE run SET state = COALESCE(stop, 'queued'), finished = iif(stop = 'cancelled', NOW, "
                                  "''), stop = NULL WHERE state = 'running'")
                              .c_str());
    });
}

} // namespace awb
