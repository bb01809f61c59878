#include "core/store/store_impl.h"

#include "core/spec_json.h"

namespace awb {

// Before its end a run is scored by what its task is measured by now.
const char *const runColumns =
    "id, spec, state, position, study, trainable, total, "
    "iif(metric <> '', metric, ifnull((SELECT json_extract(manifest, '$.metrics[0]') FROM dataset WHERE name = run.dataset "
    "AND json_valid(manifest)), '')), "
    "score, step, steps, loss, examples_per_second, "
    "stop IS NOT NULL, error, created, started, finished, weights, program, libtorch, device, path, threads, "
    "checkpoint_sha256, data_sha256, seconds, steps_per_second, trained_examples_per_second, peak_memory, layers, "
    "trained_tables, inference_seconds, together";

Run Store::Impl::runFrom(SQLite::Statement &row) const
{
    Run run;
    int i = 0;
    const auto next = [&] { return row.getColumn(i++); };
    run.id = next().getInt64();
    auto spec = m_specs.find(run.id);
    if (spec == m_specs.end())
        spec = m_specs.emplace(run.id, specFromJson(row.getColumn(i).getText())).first;
    run.spec = spec->second;
    ++i;
    run.state = runStateFromString(next().getText());
    run.position = next().getDouble();
    run.study = next().getString();
    run.trainable = next().getInt64();
    run.total = next().getInt64();
    run.metric = next().getString();
    if (const auto score = next(); !score.isNull())
        run.score = score.getDouble();
    run.step = next().getInt();
    run.steps = next().getInt();
    run.loss = realFrom(next());
    run.examplesPerSecond = realFrom(next());
    run.stopRequested = next().getInt() != 0;
    run.error = next().getString();
    run.created = next().getString();
    run.started = next().getString();
    run.finished = next().getString();
    run.weights = next().getString();
    Provenance &made = run.provenance;
    made.program = next().getString();
    made.libtorch = next().getString();
    made.device = next().getString();
    made.path = next().getString();
    made.threads = next().getInt();
    made.checkpointSha256 = next().getString();
    made.dataSha256 = next().getString();
    made.seconds = realFrom(next());
    made.stepsPerSecond = realFrom(next());
    made.examplesPerSecond = realFrom(next());
    made.peakMemory = next().getInt64();
    run.layers = next().getInt();
    run.trainedTables = next().getInt64();
    made.inferenceSeconds = realFrom(next());
    made.together = next().getInt();
    return run;
}

std::vector<Run> Store::Impl::runsFrom(SQLite::Statement &rows) const
{
    std::vector<Run> all;
    while (rows.executeStep())
        all.push_back(runFrom(rows));
    return all;
}

RunState Store::Impl::stateOf(std::int64_t id) const
{
    SQLite::Statement row(db, "SELECT state FROM run WHERE id = ?");
    row.bind(1, id);
    if (!row.executeStep())
        throw Error("The library has no run " + std::to_string(id) + "; it may have been deleted.");
    return runStateFromString(row.getColumn(0).getText());
}

std::vector<Run> Store::runs() const
{
    return m->read([&] {
        SQLite::Statement rows(m->db, std::string("SELECT ") + runColumns + " FROM run ORDER BY id DESC");
        return m->runsFrom(rows);
    });
}

std::optional<Run> Store::run(std::int64_t id) const
{
    return m->read([&]() -> std::optional<Run> {
        SQLite::Statement row(m->db, std::string("SELECT ") + runColumns + " FROM run WHERE id = ?");
        row.bind(1, id);
        if (!row.executeStep())
            return std::nullopt;
        return m->runFrom(row);
    });
}

std::optional<Run> Store::latestRun() const
{
    return m->read([&]() -> std::optional<Run> {
        SQLite::Statement row(m->db, std::string("SELECT ") + runColumns +
                                         " FROM run ORDER BY state = 'done' DESC, iif(state = 'done', finished, '') DESC, "
                                         "id DESC LIMIT 1");
        if (!row.executeStep())
            return std::nullopt;
        return m->runFrom(row);
    });
}

std::vector<std::int64_t> Store::runIds(std::optional<RunState> state) const
{
    return m->read([&] {
        SQLite::Statement rows(m->db,
                               state ? "SELECT id FROM run WHERE state = ? ORDER BY id" : "SELECT id FROM run ORDER BY id");
        if (state)
            rows.bind(1, toString(*state));
        std::vector<std::int64_t> ids;
        while (rows.executeStep())
            ids.push_back(rows.getColumn(0).getInt64());
        return ids;
    });
}

std::vector<std::pair<std::string, std::string>> Store::tasksOfRuns() const
{
    return m->read([&] {
        SQLite::Statement rows(m->db, "SELECT DISTINCT dataset, checkpoint FROM run WHERE state = 'done' ORDER BY 1, 2");
        std::vector<std::pair<std::string, std::string>> tasks;
        while (rows.executeStep())
            tasks.emplace_back(rows.getColumn(0).getString(), rows.getColumn(1).getString());
        return tasks;
    });
}

std::vector<Run> Store::finishedRuns(const std::string &dataset, const std::string &checkpoint) const
{
    std::string where = " FROM run WHERE state = 'done'";
    if (!dataset.empty())
        where += " AND dataset = :dataset";
    if (!checkpoint.empty())
        where += " AND checkpoint = :checkpoint";
    return m->read([&] {
        SQLite::Statement rows(m->db, std::string("SELECT ") + runColumns + where + " ORDER BY id");
        if (!dataset.empty())
            rows.bind(":dataset", dataset);
        if (!checkpoint.empty())
            rows.bind(":checkpoint", checkpoint);
        return m->runsFrom(rows);
    });
}

std::vector<Measurement> Store::measurements(std::int64_t run) const
{
    return m->read([&] {
        std::vector<Measurement> all;
        SQLite::Statement rows(m->db, "SELECT name, step, epoch, value FROM metric WHERE run = ? ORDER BY name, step");
        rows.bind(1, run);
        while (rows.executeStep())
            all.push_back({rows.getColumn(0).getString(), rows.getColumn(1).getInt(), realFrom(rows.getColumn(2)),
                           realFrom(rows.getColumn(3))});
        return all;
    });
}

} // namespace awb
