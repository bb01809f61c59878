#include "ui/dataset_facts.h"

#include <QCoreApplication>

#include "core/data/word_piece.h"
#include "core/model/checkpoint.h"
#include "core/store/trained_run.h"
#include "ui/wording.h"

namespace awb {

using wording::text;

namespace {

QString tr(const char *sentence)
{
    return QCoreApplication::translate("DatasetView", sentence);
}

} // namespace

DatasetFacts readDatasetFacts(const Manifest &manifest, const std::filesystem::path &tokenizerFolder)
{
    DatasetFacts facts;
    auto dataset = std::make_shared<const Dataset>(registeredDataset(manifest));
    std::optional<WordPiece> tokenizer;
    if (tokenizerFolder.empty()) {
        facts.lengthsNote = tr("Choose a checkpoint to see token lengths: they depend on its vocabulary.");
    } else {
        try {
            tokenizer = WordPiece::load(modelFolder(tokenizerFolder));
        } catch (const std::exception &failure) {
            facts.lengthsNote = QString::fromUtf8(failure.what());
        }
    }
    for (PartSummary &part : inspectDataset(*dataset, tokenizer ? &*tokenizer : nullptr)) {
        if (part.rows > 0)
            facts.parts.push_back(std::move(part));
    }
    facts.dataset = std::move(dataset);
    return facts;
}

QString describeDataset(const Manifest &manifest)
{
    QStringList metrics;
    for (const std::string &metric : manifest.metrics)
        metrics << (metric != "f1"                 ? text(metric)
                    : manifest.classes.size() == 2 ? tr("F1 of “%1”").arg(text(manifest.classes[1]))
                                                   : tr("F1"));
    const QString texts = manifest.train.textB >= 0 ? tr("pairs of texts") : tr("single texts");
    const QString task = manifest.task == Task::Regression
                             ? tr("a real-valued score")
                             : tr("%1 classes").arg(wording::count(qint64(manifest.classes.size())));
    const QString layout =
        manifest.layout.empty() || manifest.layout == "custom" ? tr("Own data set") : text(manifest.layout);
    if (metrics.isEmpty())
        return tr("%1: %2, %3.").arg(layout, texts, task);
    return tr("%1: %2, %3, scored by %4.").arg(layout, texts, task, metrics.join(tr(" and ")));
}

QString describeTruncation(const std::vector<PartSummary> &parts, int maxLength)
{
    QStringList sentences;
    for (const PartSummary &part : parts) {
        const double share = part.truncatedShare(maxLength);
        sentences << (share > 0
                          ? tr("%1 of %2 examples are longer than %3 tokens.")
                                .arg(wording::percent(share), text(part.part), wording::count(maxLength))
                          : tr("No %1 example is longer than %2 tokens.").arg(text(part.part), wording::count(maxLength)));
    }
    return sentences.join(QLatin1Char('\n'));
}

} // namespace awb
