#include "ui/study_arms_table.h"

#include <algorithm>
#include <set>

#include <QComboBox>
#include <QHeaderView>
#include <QSignalBlocker>
#include <QStyledItemDelegate>

#include "core/error.h"
#include "core/methods/methods.h"
#include "ui/number_field.h"
#include "ui/view_parts.h"
#include "ui/wording.h"

namespace awb {

namespace {

using wording::text;

enum Column { MethodName, Sizes, Rates, Epochs, InitStds };

constexpr int defaultRole = Qt::UserRole; ///< what an empty cell stands for

/// Shows in grey what an empty cell stands for.
class DefaultDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

private:
    void initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const override
    {
        QStyledItemDelegate::initStyleOption(option, index);
        if (!option->text.isEmpty() || !(index.flags() & Qt::ItemIsEnabled))
            return;
        option->text = index.data(defaultRole).toString();
        option->palette.setBrush(QPalette::Text, option->palette.placeholderText());
    }
};

bool hasSizes(const Method &method)
{
    return method.topLayers >= 0 || method.bottleneck > 0;
}

QString listText(const auto &values)
{
    QStringList words;
    for (const auto value : values)
        words << NumberField::textOf(double(value));
    return words.join(QStringLiteral(", "));
}

} // namespace

StudyArmsTable::StudyArmsTable(QWidget *parent) : QTableWidget(0, 5, parent)
{
    setObjectName(QStringLiteral("studyArms"));
    setAccessibleName(tr("Methods of the study"));
    setHorizontalHeaderLabels({tr("Method"), tr("Sizes"), tr("Learning rates"), tr("Epochs"), tr("Initialisation σ")});
    const QStringList meanings{
        tr("A method of tuning; each row is tried with every combination of its values."),
        tr("Bottlenecks m of adapters, or numbers k of top layers: 1, 8, 64. Empty: the method's own."),
        tr("Peak learning rates: 3e-4, 1e-3. Empty: the rate suggested for the method. The best on dev stands for the "
           "method."),
        tr("Numbers of epochs: 3, 20. Empty: the epochs below."),
        tr("Standard deviations of the adapters' initialisation: 1e-2. Empty: as under Training.")};
    for (int i = 0; i < columnCount(); ++i)
        horizontalHeaderItem(i)->setToolTip(meanings[i]);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setMinimumSectionSize(70);
    horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    horizontalHeader()->setSectionResizeMode(MethodName, QHeaderView::Stretch);
    verticalHeader()->hide();
    setItemDelegate(new DefaultDelegate(this));
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::SingleSelection);
    editWithEnter(*this);
    setEditTriggers(DoubleClicked | SelectedClicked | EditKeyPressed | AnyKeyPressed);
    setTabKeyNavigation(false);
    connect(this, &QTableWidget::itemChanged, this, &StudyArmsTable::changed);
}

void StudyArmsTable::setArms(const std::vector<StudyArm> &arms, double initStd)
{
    m_initStd = initStd;
    setRowCount(0);
    for (const StudyArm &arm : arms)
        addArm(arm);
}

void StudyArmsTable::setInitStd(double initStd)
{
    if (m_initStd == initStd)
        return;
    m_initStd = initStd;
    for (int row = 0; row < rowCount(); ++row)
        enableCells(row);
    viewport()->update();
}

void StudyArmsTable::addArm(const StudyArm &arm)
{
    const int row = rowCount();
    {
        const QSignalBlocker quiet(this);
        insertRow(row);
        auto *method = new QComboBox;
        method->setAccessibleName(tr("Method"));
        for (const MethodEntry &entry : methodTable()) {
            method->addItem(text(entry.title), text(entry.method.name));
            method->setItemData(method->count() - 1, text(entry.description), Qt::ToolTipRole);
            if (entry.method.topLayers >= 0) // the same with its one switch the other way
                method->addItem(tr("%1, without pooler").arg(text(entry.title)),
                                QString(QLatin1Char('-') + text(entry.method.name)));
        }
        method->setCurrentIndex(
            method->findData(QString((arm.pooler ? QString() : QStringLiteral("-")) + text(arm.method))));
        setCellWidget(row, MethodName, method);
        setItem(row, Sizes, new QTableWidgetItem(listText(arm.sizes)));
        setItem(row, Rates, new QTableWidgetItem(listText(arm.learningRates)));
        setItem(row, Epochs, new QTableWidgetItem(listText(arm.epochs)));
        setItem(row, InitStds, new QTableWidgetItem(listText(arm.initStds)));
        enableCells(row);
        connect(method, &QComboBox::currentIndexChanged, this, [this, method] {
            for (int i = 0; i < rowCount(); ++i)
                if (cellWidget(i, MethodName) == method)
                    enableCells(i);
            emit changed();
        });
    }
    setCurrentCell(row, Sizes);
    emit changed();
}

void StudyArmsTable::removeChosen()
{
    if (currentRow() < 0)
        return;
    removeRow(currentRow());
    emit changed();
}

/// A method without sizes, or without adapters, has no such cell to fill in.
void StudyArmsTable::enableCells(int row)
{
    const QSignalBlocker quiet(this);
    const MethodEntry &entry = methodEntry(arm(row).method);
    const Method &method = entry.method;
    item(row, Sizes)->setData(defaultRole, QString::number(method.topLayers >= 0 ? method.topLayers : method.bottleneck));
    item(row, Rates)->setData(defaultRole, NumberField::textOf(entry.learningRate));
    item(row, Epochs)->setData(defaultRole, tr("as below"));
    item(row, InitStds)->setData(defaultRole, NumberField::textOf(m_initStd));
    for (const auto &[column, enabled] : {std::pair(Sizes, hasSizes(method)), std::pair(InitStds, method.bottleneck > 0)}) {
        QTableWidgetItem *cell = item(row, column);
        cell->setFlags(enabled ? cell->flags() | Qt::ItemIsEditable | Qt::ItemIsEnabled
                               : cell->flags() & ~(Qt::ItemIsEditable | Qt::ItemIsEnabled));
        if (!enabled)
            cell->setText(QString());
    }
}

/// The method of a row, without its lists.
StudyArm StudyArmsTable::arm(int row) const
{
    const QString name = qobject_cast<QComboBox *>(cellWidget(row, MethodName))->currentData().toString();
    StudyArm arm;
    arm.pooler = !name.startsWith(QLatin1Char('-'));
    arm.method = name.mid(arm.pooler ? 0 : 1).toStdString();
    return arm;
}

std::vector<StudyArm> StudyArmsTable::arms() const
{
    std::vector<StudyArm> all;
    for (int row = 0; row < rowCount(); ++row) {
        StudyArm own = arm(row);
        const auto fill = [&](Column column, auto &values, bool whole) {
            const QStringList words = item(row, column)->text().split(QLatin1Char(','), Qt::SkipEmptyParts);
            for (const QString &word : words) {
                bool understood = false;
                const double value = word.trimmed().toDouble(&understood);
                if (!understood || value < 0 || (whole && value != double(int(value))))
                    throw Error(tr("%1, %2: “%3” is no %4. Numbers are separated by commas.")
                                    .arg(text(methodEntry(own.method).title), horizontalHeaderItem(column)->text().toLower(),
                                         word.trimmed(), whole ? tr("whole number") : tr("number"))
                                    .toStdString());
                values.push_back(typename std::decay_t<decltype(values)>::value_type(value));
            }
        };
        fill(Sizes, own.sizes, true);
        fill(Rates, own.learningRates, false);
        fill(Epochs, own.epochs, true);
        fill(InitStds, own.initStds, false);
        all.push_back(own);
    }
    return all;
}

} // namespace awb
