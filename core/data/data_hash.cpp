#include "core/data/data_hash.h"

#include "core/content_hash.h"
#include "core/data/guess.h"
#include "core/error.h"
#include "core/files.h"

namespace awb {

namespace {

void keepReading(DataFile &file)
{
    file.path.clear();
    if (file.format.kind != TableFormat::Kind::Delimited)
        file.format = {file.format.kind}; // its delimiter, quoting and header are its own
}

/// What of a manifest says how its files are read, in one form.
Manifest readingOf(const Manifest &manifest)
{
    Manifest reading;
    reading.task = manifest.task;
    reading.train = manifest.train;
    reading.dev = manifest.dev;
    reading.test = manifest.test;
    keepReading(reading.train);
    for (std::optional<DataFile> *part : {&reading.dev, &reading.test})
        if (*part)
            keepReading(**part);
    if (!manifest.dev)
        reading.split = {manifest.split.seed, manifest.split.dev, manifest.test ? 0 : manifest.split.test};
    for (const auto &[label, name] : manifest.merge)
        if (label != name)
            reading.merge.emplace(label, name);
    return reading;
}

/// Whether the user said nothing but, at most, which files are dev and test.
bool isReadAsFound(const Manifest &manifest)
{
    try {
        Manifest found = firstLook(manifest.train.path);
        if (manifest.dev && !found.dev && !found.test) {
            found.dev = found.train;
            if (manifest.test)
                found.test = found.train;
        }
        return readingOf(found) == readingOf(manifest);
    } catch (const Error &) { // it can only be read as the user says
        return false;
    }
}

} // namespace

std::string sha256OfFiles(const Manifest &manifest)
{
    std::string hashes;
    for (const DataFile *file : filesOf(manifest))
        hashes.append(hashes.empty() ? 0 : 1, ' ').append(sha256OfFile(file->path));
    return hashes;
}

std::string dataSha256(const Manifest &manifest)
{
    std::string hashes = sha256OfFiles(manifest);
    if (isReadAsFound(manifest))
        return hashes;
    return hashes + readAs(toJson(readingOf(manifest)));
}

} // namespace awb
