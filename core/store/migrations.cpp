#include "core/store/migrations.h"

namespace awb {

namespace {

// Reals that may be "not a number" (a loss that diverged) are nullable, since SQLite stores NaN as NULL.
const char *const first = R"sql(
CREATE TABLE setting (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint (
    name TEXT PRIMARY KEY,
    folder TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    added TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE dataset (
    name TEXT PRIMARY KEY,
    manifest TEXT NOT NULL,
    added TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    state TEXT NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'paused', 'running', 'done', 'failed', 'cancelled')),
    position REAL NOT NULL,
    study TEXT NOT NULL,
    checkpoint TEXT NOT NULL,
    dataset TEXT NOT NULL,
    method TEXT NOT NULL,
    bottleneck INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    spec TEXT NOT NULL,
    trainable INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0,
    metric TEXT NOT NULL DEFAULT '',
    score REAL,
    step INTEGER NOT NULL DEFAULT 0,
    steps INTEGER NOT NULL DEFAULT 0,
    loss REAL DEFAULT 0,
    examples_per_second REAL DEFAULT 0,
    stop TEXT CHECK (stop IN ('paused', 'cancelled')),
    error TEXT NOT NULL DEFAULT '',
    created TEXT NOT NULL,
    started TEXT NOT NULL DEFAULT '',
    finished TEXT NOT NULL DEFAULT '',
    weights TEXT NOT NULL DEFAULT '',
    program TEXT NOT NULL DEFAULT '',
    libtorch TEXT NOT NULL DEFAULT '',
    device TEXT NOT NULL DEFAULT '',
    path TEXT NOT NULL DEFAULT '',
    threads INTEGER NOT NULL DEFAULT 0,
    checkpoint_sha256 TEXT NOT NULL DEFAULT '',
    data_sha256 TEXT NOT NULL DEFAULT '',
    seconds REAL DEFAULT 0,
    steps_per_second REAL DEFAULT 0,
    trained_examples_per_second REAL DEFAULT 0,
    peak_memory INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX run_queue ON run (state, position);
CREATE INDEX run_tradeoff ON run (dataset, checkpoint, state);

CREATE TABLE metric (
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    step INTEGER NOT NULL,
    epoch REAL,
    value REAL,
    PRIMARY KEY (run, name, step)
) STRICT, WITHOUT ROWID;
)sql";

const char *const countedParts = R"sql(
ALTER TABLE run ADD COLUMN layers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN trained_tables INTEGER NOT NULL DEFAULT 0;
)sql";

const char *const studies = R"sql(
CREATE TABLE study (
    name TEXT PRIMARY KEY,
    json TEXT NOT NULL,
    created TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX run_study ON run (study);
)sql";

const char *const inferenceTime = R"sql(
ALTER TABLE run ADD COLUMN inference_seconds REAL DEFAULT 0;
)sql";

const char *const ablations = R"sql(
CREATE TABLE ablation (
    run INTEGER PRIMARY KEY REFERENCES run (id) ON DELETE CASCADE,
    score REAL,
    device TEXT NOT NULL,
    threads INTEGER NOT NULL,
    computed TEXT NOT NULL
) STRICT;
CREATE TABLE ablation_span (
    run INTEGER NOT NULL REFERENCES ablation (run) ON DELETE CASCADE,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    score REAL,
    PRIMARY KEY (run, first, last)
) STRICT, WITHOUT ROWID;
CREATE TABLE ablation_drop (
    run INTEGER NOT NULL REFERENCES ablation (run) ON DELETE CASCADE,
    layers INTEGER NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (run, layers)
) STRICT, WITHOUT ROWID;
)sql";

const char *const company = R"sql(
ALTER TABLE run ADD COLUMN together INTEGER NOT NULL DEFAULT 1;
)sql";

const char *const deaths = R"sql(
ALTER TABLE run ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;
)sql";

// Merging asks of each run whether it is here already.
const char *const sameRuns = R"sql(
CREATE INDEX run_same ON run (dataset, checkpoint, state, finished);
)sql";

} // namespace

const std::vector<const char *> &migrations()
{
    static const std::vector<const char *> all = {first,     countedParts, studies, inferenceTime,
                                                  ablations, company,      deaths,  sameRuns};
    return all;
}

} // namespace awb
