#include "core/store/store_impl.h"

#include <algorithm>

#include "core/data/table.h"

namespace awb {

namespace {

void insert(SQLite::Database &db, const CheckpointEntry &entry, const std::string &folder)
{
    SQLite::Statement statement(db, "INSERT OR REPLACE INTO checkpoint (name, folder, sha256, added) VALUES (?, ?, ?, "
                                    "COALESCE(NULLIF(?, ''), strftime('%Y-%m-%dT%H:%M:%SZ', 'now')))");
    SQLite::bind(statement, entry.name, folder, entry.sha256, entry.added);
    statement.exec();
}

void insert(SQLite::Database &db, const std::string &name, const std::string &manifest)
{
    SQLite::Statement statement(db, "INSERT OR REPLACE INTO dataset (name, manifest, added) VALUES (?, ?, "
                                    "strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))");
    SQLite::bind(statement, name, manifest);
    statement.exec();
}

/// Throws the Error: The library has no data set named "x"; it has a, b.
[[noreturn]] void throwUnknown(const std::string &kind, const std::string &name, const std::vector<std::string> &known)
{
    std::string list;
    for (const std::string &each : known)
        list += (list.empty() ? "" : ", ") + each;
    throw Error("The library has no " + kind + " named \"" + name + "\"" +
                (list.empty() ? "; it has none yet." : "; it has " + list + "."));
}

constexpr std::size_t longestName = 200; // bytes, so that figures and archives can be called so

void requireName(const std::string &kind, const std::string &name)
{
    if (name.empty())
        throw Error("A " + kind + " needs a name.");
    if (name.size() > longestName)
        throw Error("The name of a " + kind + " may have " + std::to_string(longestName) + " bytes; give it a shorter one.");
    if (!isUtf8(name) || std::ranges::any_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
        throw Error("The name of a " + kind + " must be UTF-8 without line breaks and control characters; give it another.");
}

/// Specs and descriptions are JSON, which holds no other bytes.
void requirePath(const std::string &path)
{
    if (!isUtf8(path))
        throw Error("The path " + path + " is not UTF-8, so the library cannot keep it; rename the file or its folder.");
}

} // namespace

void Store::addCheckpoint(const CheckpointEntry &entry)
{
    addSampleLibrary({entry}, {});
}

void Store::addDataset(const Manifest &manifest)
{
    addSampleLibrary({}, {manifest});
}

void Store::addSampleLibrary(const std::vector<CheckpointEntry> &checkpoints, const std::vector<Manifest> &datasets)
{
    for (const CheckpointEntry &entry : checkpoints) {
        requireName("checkpoint", entry.name);
        requirePath(entry.folder);
    }
    for (Manifest manifest : datasets) {
        requireName("data set", manifest.name);
        for (const DataFile *file : filesOf(manifest))
            requirePath(file->path);
        if (!(manifestFromJson(toJson(manifest)) == manifest))
            throw Error("The data set " + manifest.name +
                        " cannot be kept: a label, its class or the licence is not UTF-8; choose others.");
    }
    m->write([&] {
        for (const CheckpointEntry &entry : checkpoints)
            insert(m->db, entry, m->relative(entry.folder));
        for (Manifest manifest : datasets) {
            for (DataFile *file : filesOf(manifest))
                file->path = m->relative(file->path);
            manifest.licence = m->relative(manifest.licence); // a file; words stay as they are
            insert(m->db, manifest.name, toJson(manifest));
        }
    });
}

std::vector<CheckpointEntry> Store::checkpoints() const
{
    return m->read([&] {
        std::vector<CheckpointEntry> all;
        SQLite::Statement rows(m->db, "SELECT name, folder, sha256, added FROM checkpoint ORDER BY name");
        while (rows.executeStep())
            all.push_back({rows.getColumn(0), rows.getColumn(1), rows.getColumn(2), rows.getColumn(3)});
        return all;
    });
}

CheckpointEntry Store::checkpoint(const std::string &name) const
{
    std::vector<std::string> known;
    for (const CheckpointEntry &entry : checkpoints()) {
        if (entry.name == name)
            return entry;
        known.push_back(entry.name);
    }
    throwUnknown("checkpoint", name, known);
}

void Store::removeCheckpoint(const std::string &name)
{
    checkpoint(name);
    m->write([&] { m->execute("DELETE FROM checkpoint WHERE name = ?", name); });
}

std::vector<Manifest> Store::datasets() const
{
    const auto stored = m->read([&] {
        std::vector<std::string> all;
        SQLite::Statement rows(m->db, "SELECT manifest FROM dataset ORDER BY name");
        while (rows.executeStep())
            all.push_back(rows.getColumn(0));
        return all;
    });
    std::vector<Manifest> all;
    for (const std::string &json : stored) {
        all.push_back(manifestFromJson(json));
        for (DataFile *file : filesOf(all.back()))
            file->path = m->absolute(file->path);
        std::error_code ignored; // a licence in words is no file name
        if (const std::string file = m->absolute(all.back().licence); std::filesystem::is_regular_file(file, ignored))
            all.back().licence = file;
    }
    return all;
}

Manifest Store::dataset(const std::string &name) const
{
    std::vector<std::string> known;
    for (const Manifest &manifest : datasets()) {
        if (manifest.name == name)
            return manifest;
        known.push_back(manifest.name);
    }
    throwUnknown("data set", name, known);
}

void Store::removeDataset(const std::string &name)
{
    dataset(name);
    m->write([&] { m->execute("DELETE FROM dataset WHERE name = ?", name); });
}

} // namespace awb
