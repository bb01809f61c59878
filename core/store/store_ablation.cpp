#include <cmath>

#include "core/store/store_impl.h"
#include "core/study/ablation.h"

namespace awb {

namespace {

void bindScore(SQLite::Statement &statement, int index, double score)
{
    if (std::isnan(score))
        statement.bind(index);
    else
        statement.bind(index, score);
}

} // namespace

void Store::saveAblation(std::int64_t run, const AblationMap &map)
{
    m->write([&] {
        m->execute("DELETE FROM ablation WHERE run = ?", run);
        SQLite::Statement head(m->db, "INSERT INTO ablation (run, score, device, threads, computed) "
                                      "SELECT id, ?, ?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now') FROM run WHERE id = ?");
        bindScore(head, 1, map.score);
        head.bind(2, map.device);
        head.bind(3, map.threads);
        head.bind(4, run);
        if (head.exec() == 0)
            return;
        SQLite::Statement span(m->db, "INSERT INTO ablation_span (run, first, last, score) VALUES (?, ?, ?, ?)");
        span.bind(1, run);
        for (int first = 0; first < map.layers(); ++first)
            for (int last = first; last < map.layers(); ++last) {
                span.bind(2, first);
                span.bind(3, last);
                bindScore(span, 4, map.scoreWithout(first, last));
                span.exec();
                span.reset();
            }
        for (std::size_t n = 0; n < map.seconds.size(); ++n)
            m->execute("INSERT INTO ablation_drop (run, layers, seconds) VALUES (?, ?, ?)", run, std::int64_t(n),
                       map.seconds[n]);
    });
}

std::optional<AblationMap> Store::ablation(std::int64_t run) const
{
    return m->read([&]() -> std::optional<AblationMap> {
        SQLite::Statement head(m->db, "SELECT run.metric, ablation.score, ablation.device, ablation.threads FROM ablation "
                                      "JOIN run ON run.id = ablation.run WHERE run = ?");
        head.bind(1, run);
        if (!head.executeStep())
            return std::nullopt;
        AblationMap map;
        map.metric = head.getColumn(0).getString();
        map.score = realFrom(head.getColumn(1));
        map.device = head.getColumn(2).getString();
        map.threads = head.getColumn(3).getInt();
        SQLite::Statement spans(m->db, "SELECT first, score FROM ablation_span WHERE run = ? ORDER BY first, last");
        spans.bind(1, run);
        while (spans.executeStep()) {
            map.removed.resize(std::size_t(spans.getColumn(0).getInt()) + 1);
            map.removed.back().push_back(realFrom(spans.getColumn(1)));
        }
        SQLite::Statement drops(m->db, "SELECT seconds FROM ablation_drop WHERE run = ? ORDER BY layers");
        drops.bind(1, run);
        while (drops.executeStep())
            map.seconds.push_back(drops.getColumn(0).getDouble());
        return map;
    });
}

} // namespace awb
