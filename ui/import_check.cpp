#include "ui/import_check.h"

#include <algorithm>
#include <unordered_map>

#include <QCoreApplication>
#include <QFileInfo>

#include "core/data/dataset_rules.h"
#include "core/data/labels.h"
#include "core/data/recognise.h"
#include "core/data/table.h"
#include "core/error.h"
#include "ui/wording.h"

namespace awb {

namespace {

constexpr std::size_t previewRows = 50;

QString tr(const char *sentence)
{
    return QCoreApplication::translate("ImportDialog", sentence);
}

void countLabels(const Table &table, const DataFile &file, ImportCheck &check)
{
    if (file.label < 0)
        return;
    std::unordered_map<std::string, std::size_t> counts;
    for (std::size_t i = 0; i < table.rows(); ++i) {
        const auto fields = table.row(i);
        if (file.label < int(fields.size()))
            ++counts[rawLabel(fields[std::size_t(file.label)], file.labelUntil)];
    }
    check.distinctLabels = counts.size();
    check.labels.assign(counts.begin(), counts.end());
    std::sort(check.labels.begin(), check.labels.end(),
              [](const auto &a, const auto &b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
    if (check.labels.size() > maxClasses)
        check.labels.resize(maxClasses);
}

} // namespace

void followTrain(Manifest &manifest, const DataFile &before)
{
    const DataFile &train = manifest.train;
    for (std::optional<DataFile> *other : {&manifest.dev, &manifest.test}) {
        if (!*other)
            continue;
        const auto follow = [&](auto DataFile::*part) {
            if ((**other).*part == before.*part)
                (**other).*part = train.*part;
        };
        follow(&DataFile::format);
        follow(&DataFile::labelUntil);
        for (int DataFile::*column : {&DataFile::textA, &DataFile::textB, &DataFile::label})
            follow(column);
    }
}

ImportCheck checkImport(Manifest manifest, const TypedRules &typed)
{
    ImportCheck check;
    try {
        const Table table(manifest.train.path, manifest.train.format);
        check.columns = table.columns();
        check.rows = table.rows();
        for (std::size_t i = 0; i < std::min(previewRows, table.rows()); ++i)
            check.preview.push_back(table.row(i));
        if (!table.notes().empty())
            check.note = wording::text(table.notes().front());
        countLabels(table, manifest.train, check);
        if (manifest.train.label < 0)
            throw Error("Choose the column that holds the label.");
        if (manifest.train.label == manifest.train.textA || manifest.train.label == manifest.train.textB)
            throw Error("Text and label cannot be the same column; choose another one.");
        if (manifest.task == Task::Classification && check.distinctLabels > maxClasses)
            throw Error("The label column holds " + std::to_string(check.distinctLabels) +
                        " different values; choose another column, or the score task for numbers.");
        if (!manifest.dev)
            setSplit(manifest, typed.split, typed.splitSeed);
        completeManifest(manifest, false);
        setMetrics(manifest, typed.metrics);
        const Dataset dataset = loadDataset(manifest);
        manifest.classes = dataset.manifest.classes;
        check.usable =
            dataset.train.size() + (manifest.dev ? 0 : dataset.dev.size()) + (manifest.test ? 0 : dataset.test.size());
        for (const auto &[file, rows] : {std::pair{manifest.dev, dataset.dev.size()}, {manifest.test, dataset.test.size()}})
            if (file)
                check.note += tr(" With it: %1, %2 rows.")
                                  .arg(QFileInfo(wording::text(file->path)).fileName(), wording::count(qint64(rows)));
        check.manifest = std::move(manifest);
    } catch (const std::exception &failure) {
        check.error = QString::fromUtf8(failure.what());
    }
    return check;
}

QString describeImport(const ImportCheck &check)
{
    const QString rows = wording::count(qint64(check.usable));
    const QString sentence =
        check.manifest.task == Task::Regression
            ? tr("%1 rows with a score").arg(rows)
            : tr("%1 rows, %2 classes").arg(rows, wording::count(qint64(check.manifest.classes.size())));
    const std::size_t dropped = check.rows - std::min(check.rows, check.usable);
    if (dropped == 0)
        return sentence + QLatin1Char('.');
    return dropped == 1 ? tr("%1; 1 row dropped.").arg(sentence)
                        : tr("%1; %2 rows dropped.").arg(sentence, wording::count(qint64(dropped)));
}

} // namespace awb
