#include "core/store/store_impl.h"
#include "core/study/study.h"

namespace awb {

void Store::saveStudy(const Study &study)
{
    m->write([&] {
        m->execute("INSERT INTO study (name, json, created) VALUES (?1, ?2, strftime('%Y-%m-%dT%H:%M:%SZ', 'now')) "
                   "ON CONFLICT (name) DO UPDATE SET json = ?2",
                   study.name, toJson(study));
    });
}

std::vector<Study> Store::studies() const
{
    return m->read([&] {
        std::vector<Study> all;
        SQLite::Statement rows(m->db, "SELECT json FROM study ORDER BY name");
        while (rows.executeStep())
            all.push_back(studyFromJson(rows.getColumn(0).getString()));
        return all;
    });
}

std::optional<Study> Store::study(const std::string &name) const
{
    return m->read([&]() -> std::optional<Study> {
        SQLite::Statement row(m->db, "SELECT json FROM study WHERE name = ?");
        row.bind(1, name);
        if (!row.executeStep())
            return std::nullopt;
        return studyFromJson(row.getColumn(0).getString());
    });
}

void Store::removeStudy(const std::string &name)
{
    m->write([&] {
        std::vector<std::int64_t> waiting;
        SQLite::Statement rows(m->db, "SELECT id, state FROM run WHERE study = ? AND state IN ('queued', 'paused', "
                                      "'running') ORDER BY state = 'running' DESC, id");
        rows.bind(1, name);
        while (rows.executeStep()) {
            const std::int64_t id = rows.getColumn(0).getInt64();
            if (rows.getColumn(1).getString() == "running")
                throw Error("Run " + std::to_string(id) + " of the study " + name +
                            " is being computed; cancel it, or wait until it is finished, before you delete the study.");
            waiting.push_back(id);
        }
        for (const std::int64_t id : waiting)
            m->cancelWaiting(id);
        m->execute("UPDATE run SET study = '' WHERE study = ?", name);
        m->execute("DELETE FROM study WHERE name = ?", name);
    });
}

std::vector<Run> Store::runsOfStudy(const std::string &study) const
{
    return m->read([&] {
        SQLite::Statement rows(m->db, std::string("SELECT ") + runColumns + " FROM run WHERE study = ? ORDER BY id");
        rows.bind(1, study);
        return m->runsFrom(rows);
    });
}

std::map<std::int64_t, double> Store::bestEpochScores(const std::string &study) const
{
    return m->read([&] {
        std::map<std::int64_t, double> scores;
        SQLite::Statement rows(m->db, "SELECT run.id, MAX(metric.value) FROM run JOIN metric ON metric.run = run.id AND "
                                      "metric.name = 'dev.' || run.metric WHERE run.study = ? AND run.state = 'done' "
                                      "GROUP BY run.id HAVING MAX(metric.value) IS NOT NULL");
        rows.bind(1, study);
        while (rows.executeStep())
            scores[rows.getColumn(0).getInt64()] = rows.getColumn(1).getDouble();
        return scores;
    });
}

std::map<std::int64_t, double> Store::testScores(const std::string &study) const
{
    return m->read([&] {
        std::map<std::int64_t, double> scores;
        SQLite::Statement rows(m->db, "SELECT run.id, metric.value FROM run JOIN metric ON metric.run = run.id AND "
                                      "metric.name = 'test.' || run.metric WHERE run.study = ? AND run.state = 'done'");
        rows.bind(1, study);
        while (rows.executeStep())
            scores[rows.getColumn(0).getInt64()] = realFrom(rows.getColumn(1));
        return scores;
    });
}

} // namespace awb
